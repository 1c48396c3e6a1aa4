extension Calibration {
    /// Texts of several kinds, lengths and languages, in the public domain.
    public static let samples = """
        Hello
        Thanks!
        No.
        Why not?
        Good morning
        red
        42
        Help
        Stop it.
        OK, see you tomorrow.
        query, key and value
        once upon a time
        the quick brown fox
        Berlin, Germany
        invoice
        how to boil an egg
        what is the capital of Peru
        cheap flights to Lisbon in May
        symptoms of a cold
        best way to learn the piano
        The cat sat on the mat and watched the rain.
        Our meeting moves from Tuesday to Thursday at three.
        He closed the door quietly so as not to wake the child.
        The recipe needs two eggs, a cup of flour and a pinch of salt.
        Snow fell on the mountains all night, and in the morning the road was closed.
        The bridge was built in 1894 and restored a century later.
        She plays the violin in the city's orchestra.
        A small dog ran across the field after a yellow ball.
        Prices rose by two percent in the first quarter of the year.
        The committee will vote on the proposal next week.
        Water boils at a lower temperature at high altitude.
        The patient has had a fever and a dry cough for three days.
        Add the onions and cook them slowly until they are golden.
        The court found that the contract had been broken by both parties.
        Photosynthesis turns light, water and carbon dioxide into sugar and oxygen.
        The moon is about 384,000 kilometers from the earth.
        Click on the button below to reset your password.
        Your parcel was delivered to a neighbor at 10:15.
        I would like to book a table for four people on Saturday evening.
        The train was late, so we missed the last ferry to the island.
        The king's army crossed the river before dawn.
        Bats find their way in the dark by listening to echoes.
        The river bank was covered with reeds.
        The bank raised its interest rate again.
        Inflation, unemployment and growth are the three numbers that everybody watches.
        The engine makes a strange noise when it is cold.
        Gravity bends light, as an eclipse in 1919 showed.
        A vector has a length and a direction.
        The derivative of a sum is the sum of the derivatives.
        Every even number greater than two seems to be the sum of two primes.
        Attention lets each word look at the words before it.
        The model was trained on text from many books.
        The function returns null if the key is missing.
        The server answered with an error after thirty seconds.
        Please restart the computer and try to print again.
        for (int i = 0; i < n; i++) { sum += values[i]; }
        let names = people.map { $0.name }.sorted()
        SELECT name, COUNT(*) FROM orders GROUP BY name HAVING COUNT(*) > 3;
        def mean(numbers): return sum(numbers) / len(numbers)
        { "name": "Ada", "born": 1815, "languages": ["English", "French"] }
        https://example.org/path?query=value&page=2
        E = mc^2, F = ma, and PV = nRT.
        (a + b) * (a - b) = a * a - b * b
        3.14159 2.71828 1.41421 0.57722
        The orchestra tuned, the lights went down, and the audience fell silent.
        It was the best holiday that we have ever had.
        The food was cold and the waiter was rude; we will not come back.
        I love this phone, although its battery is weak.
        The film is too long, but its ending is beautiful.
        What a terrible day: first the rain, then the traffic, then the lost keys.
        The children built a castle of sand near the water.
        Grandmother kept old letters in a wooden box under the bed.
        An apple a day keeps the doctor away.
        Rome was not built in a day.
        Where there is smoke, there is fire.
        The early bird catches the worm.
        All that glitters is not gold.
        In the beginning was the word.
        It was a dark and stormy night.
        Call me when you get home.
        Whose umbrella is this?
        Could you tell me the way to the station, please?
        How many people live in Canada?
        When did the first human walk on the moon?
        Which metal is liquid at room temperature?
        Who painted the ceiling of the Sistine Chapel?
        What is the difference between a crocodile and an alligator?
        Mercury is the only metal that is liquid at room temperature.
        The Danube flows through ten countries on its way to the Black Sea.
        Mount Everest is 8,849 meters high.
        Marie Curie won the Nobel Prize in physics and in chemistry.
        Shakespeare wrote about thirty-eight plays.
        Beethoven was deaf when he finished his ninth symphony.
        The Great Wall is not one wall but many.
        The first printed books appeared in Europe around 1450.
        Penguins live in the southern half of the world.
        Bees dance to tell each other where flowers are.
        An octopus has three hearts and blue blood.
        Diamonds and graphite are both made of carbon.
        Vaccines train the immune system to recognize a virus.
        The heart pumps blood through the lungs and the body.
        Antibiotics do not help against viruses.
        The dentist found a small hole in her tooth.
        Lift with your legs and not with your back.
        A balanced diet has vegetables, fruit, grains and some protein.
        Run three times a week and sleep eight hours a night.
        Knead the dough for ten minutes and let it rise for an hour.
        Melt the butter, stir in the sugar, and fold in the eggs.
        The soup tastes better on the second day.
        The wine comes from a small valley in the south of France.
        Tickets cost twelve euros, eight for students.
        The museum is closed on Mondays.
        The flight from Oslo to Madrid takes about four hours.
        We stayed in a small hotel near the harbor.
        The hikers lost their way in the fog.
        A storm warning has been issued for the coast.
        The temperature will fall below zero tonight.
        The drought destroyed half of the harvest.
        The company sold its shares and paid its debts.
        The startup raised five million dollars from two investors.
        Revenue grew, but so did costs.
        The tenant must give three months' notice in writing.
        This agreement is governed by the laws of the state of New York.
        The witness could not remember the color of the car.
        The minister resigned after the scandal.
        The election was decided by fewer than a hundred votes.
        Protesters gathered in front of the parliament.
        The treaty ended a war of thirty years.
        The team scored twice in the last five minutes.
        She won the race by half a second.
        The goalkeeper saved a penalty in extra time.
        Chess is a game of patience and surprise.
        The new stadium holds sixty thousand people.
        The painter mixed blue and yellow to get green.
        The novel tells the story of three sisters in Moscow.
        The poem has fourteen lines and a strict rhyme.
        The guitar is out of tune.
        The telescope took pictures of galaxies that are billions of years old.
        Electrons, protons and neutrons make up atoms.
        The experiment was repeated five times with the same result.
        The samples were heated to 300 degrees and cooled slowly.
        We propose a method that halves the time of training.
        The results differ significantly between the two groups (p < 0.01).
        Figure 3 shows the loss as a function of the number of steps.
        The algorithm sorts a list of n numbers in n log n steps.
        A hash table finds an entry in constant time on average.
        The program crashed because a pointer was not initialized.
        Commit the change, push the branch, and open a pull request.
        Memory is cheap, but bandwidth is not.
        The battery lasts ten hours and charges in one.
        Turn left at the church and go straight on for two kilometers.
        The house has four rooms, a garden and a view of the lake.
        The roof leaks and the heating is broken.
        The neighbors' cat sleeps on our balcony.
        My brother is a teacher and my sister studies law.
        The baby laughed for the first time today.
        They have been married for forty years.
        He apologized, but she did not answer.
        Nobody knew where the old man had come from.
        "I don't believe you," said the girl, "and you know why."
        The stranger smiled, tipped his hat, and walked away.
        The dragon slept on a hill of gold.
        The ship sailed west for six weeks without seeing land.
        The wolf and the lamb drank from the same stream.
        The soldiers marched through mud and rain.
        The detective looked at the footprints and shook her head.
        Dear Mr. Brown, thank you for your letter of 4 June.
        Kind regards, the customer service team
        Terms and conditions apply.
        Do not use near open fire. Keep out of reach of children.
        Take one tablet twice a day after meals.
        Step 1: Remove the cover. Step 2: Replace the filter. Step 3: Close the cover.
        Monday, Tuesday, Wednesday, Thursday, Friday
        one two three four five six seven eight nine ten
        north south east west
        apples, pears, plums and cherries
        RT @user: this is great!!! #music
        lol that was so funny
        brb, gotta go
        :-) :-( ;-)
        A B C D E F G
        ??? !!! ...
        Der Hund schläft unter dem Tisch.
        Morgen fahren wir mit dem Zug nach Hamburg.
        Le chat dort sur la chaise.
        Il fait beau aujourd'hui, allons nous promener.
        El libro está sobre la mesa.
        Mañana vamos a la playa con los niños.
        La finestra è aperta e fa freddo.
        O comboio parte às oito horas.
        De fiets staat voor het huis.
        Кошка спит на диване.
        猫は椅子の上で寝ています。
        今天天气很好。
        القطة تنام على الكرسي
        A language model assigns a probability to every word that could come next, and it is trained to give a high one to \
        the word that does; from this simple task it learns grammar, facts and some reasoning.
        In the middle of the nineteenth century, railways changed how people thought about distance: a journey that had \
        taken a week by coach now took a day, and clocks in distant towns had to show the same time.
        The committee discussed the budget for more than three hours, heard two reports on the state of the roads, put off \
        the question of the new school until autumn, and closed the meeting shortly before midnight.
        When the tide went out, the children walked along the beach, turned over stones, and found crabs, shells and a green \
        bottle with a letter inside that nobody could read any more.
        """.split(separator: "\n").map(String.init)
}
