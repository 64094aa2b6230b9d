import FirmwareManifest
import Testing

@Suite("Firmware attacks")
struct AttackTests {
    @Test(
        "each scenario ends with its code and leaves the state alone",
        arguments: AttackScenario.all
    )
    func scenario(_ scenario: AttackScenario) {
        #expect(code(scenario.run) == scenario.expected, "\(scenario.testDescription)")
    }

    @Test("every row of the table is tested or listed with its reason")
    func counts() {
        var passed = Set<Int>()
        var failed = Set<Int>()
        for scenario in AttackScenario.all {
            if code(scenario.run) == scenario.expected {
                passed.insert(scenario.number)
            } else {
                failed.insert(scenario.number)
            }
        }
        // Rows whose expected outcome is that nothing is refused stand in tests of their own.
        passed.formUnion(AttackScenario.provenElsewhere)
        passed.subtract(failed)
        let skipped = Set(AttackScenario.notApplicable.keys)
        #expect(passed.union(failed).union(skipped) == Set(1...78))
        #expect(passed.isDisjoint(with: skipped))
        print(
            "firmware-attacks: \(passed.count) passed, \(failed.count) failed, \(skipped.count) skipped"
        )
        for (number, reason) in AttackScenario.notApplicable.sorted(by: { $0.key < $1.key }) {
            print("firmware-attacks: #\(number) does not apply: \(reason)")
        }
    }
}
