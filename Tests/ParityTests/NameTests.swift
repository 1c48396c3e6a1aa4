import AttendParity
import Testing

/// A case's name is all that makes it.
@Suite struct NameTests {
    @Test(arguments: CaseCatalog.operations) func `every name reads back as its case`(operation: String) throws {
        let cases = CaseCatalog.cases(of: operation, CaseSelection(seed: 5, seededCount: 40))
        #expect(cases.count > 40)
        for subject in cases {
            #expect(try ParityCase(parsing: subject.name) == subject)
        }
    }

    @Test func `names are unique`() {
        let names = CaseCatalog.cases(CaseSelection(seededCount: 10)).map(\.name)
        #expect(Set(names).count == names.count)
    }
}
