import AttendParity
import Testing

@Suite struct CrossedCaseTests {
    @Test(arguments: CaseCatalog.operations)
    func `combinations of settings are valid cases whose names can be parsed`(operation: String) throws {
        let few = CaseCatalog.cases(of: operation, CaseSelection(seed: 4, seededCount: 0)).count
        let cases = CaseCatalog.cases(of: operation, CaseSelection(seed: 4, seededCount: 150))
        // 150 random ones, and most of the 60 combinations.
        #expect(cases.count >= few + 195)
        for subject in cases { #expect(throws: Never.self) { _ = try ParityCase(parsing: subject.name) } }
    }
}
