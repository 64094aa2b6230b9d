/// Runs sequences against the description of a device, and writes down what they would do.
///
/// Conditions on identifiers and slots are decided at once. A condition on an image that the plan
/// itself puts there becomes a step; on any other image it is compared with what the component is
/// known to hold. Draft §6.4, Abstract Machine.
struct CommandProcessor {
    let manifest: Manifest
    let device: DeviceDescription
    let policy: VerificationPolicy
    /// Whether conditions on images that are there already become steps (validation at boot).
    var defersImageChecks = false

    private(set) var plan = InstallPlan()
    private var parameters: [ParameterSet]
    private var isPlanned: [Bool]
    private var selection: [Int] = [0]
    private var remaining: Int
    private(set) var vendorChecked = false
    private(set) var classChecked = false
    private(set) var deviceChecked = false

    init(
        _ manifest: Manifest,
        _ device: DeviceDescription,
        _ policy: VerificationPolicy,
        _ limits: FirmwareLimits
    ) throws(FirmwareError) {
        self.manifest = manifest
        self.device = device
        self.policy = policy
        remaining = limits.steps
        parameters = Array(repeating: ParameterSet(), count: manifest.components.count)
        isPlanned = Array(repeating: false, count: manifest.components.count)
        for component in manifest.components where device.component(component) == nil {
            throw FirmwareError(.unknownComponent(component))
        }
    }

    /// The highest security counter that any component's parameters name.
    var securityCounter: UInt64? { parameters.compactMap(\.securityCounter).max() }

    /// Runs a sequence from the first component on; a failed condition is an error.
    mutating func run(_ sequence: CommandSequence) throws(FirmwareError) {
        selection = [0]
        if let failure = try attempt(sequence, isSoft: false) { throw failure }
    }

    /// - Returns: the condition that failed, `nil` after the last command.
    private mutating func attempt(
        _ sequence: CommandSequence,
        isSoft: Bool
    ) throws(FirmwareError) -> FirmwareError? {
        var isSoft = isSoft
        for command in sequence.commands {
            guard remaining > 0 else { throw FirmwareError(.limitExceeded(.steps)) }
            remaining -= 1
            switch command {
            case .setComponentIndex(let selected): try select(selected)
            case .overrideParameters(let set):
                for index in selection { parameters[index].override(by: set) }
                if let soft = set.softFailure { isSoft = soft }
            case .condition(let condition, _):
                for index in selection {
                    guard let failure = try check(condition, index) else { continue }
                    return isSoft ? nil : failure
                }
            case .action(let action, _):
                for index in selection { try perform(action, index) }
            case .runSequence(let inner):
                if let failure = try nested([inner], isTryEach: false, orNothing: false) {
                    return isSoft ? nil : failure
                }
            case .tryEach(let sequences, let orNothing):
                if let failure = try nested(sequences, isTryEach: true, orNothing: orNothing) {
                    return isSoft ? nil : failure
                }
            }
        }
        return nil
    }

    /// Runs sequences for each selected component; the selection is the same afterwards.
    private mutating func nested(
        _ sequences: [CommandSequence],
        isTryEach: Bool,
        orNothing: Bool
    ) throws(FirmwareError) -> FirmwareError? {
        let selected = selection
        for index in selected {
            var failure: FirmwareError?
            for sequence in sequences {
                let before = (plan, isPlanned)
                selection = [index]
                failure = try attempt(sequence, isSoft: false)
                if failure == nil { break }
                // What a failed branch planned is not done.
                (plan, isPlanned) = before
            }
            selection = selected
            guard let failure else { continue }
            if isTryEach {
                if orNothing { continue }
                return FirmwareError(.aborted)
            }
            return failure
        }
        return nil
    }

    private mutating func select(_ selected: ComponentSelection) throws(FirmwareError) {
        switch selected {
        case .one(let index): selection = [try checked(index)]
        case .all: selection = Array(manifest.components.indices)
        case .some(let indices):
            var result: [Int] = []
            for index in indices { result.append(try checked(index)) }
            selection = result
        }
    }

    private func checked(_ index: UInt64) throws(FirmwareError) -> Int {
        guard index < UInt64(manifest.components.count) else {
            throw FirmwareError(.componentIndex(index))
        }
        return Int(index)
    }

    private func deviceComponent(_ index: Int) throws(FirmwareError) -> DeviceComponent {
        guard let component = device.component(manifest.components[index]) else {
            throw FirmwareError(.unknownComponent(manifest.components[index]))
        }
        return component
    }

    private func needed<T>(_ value: T?, _ label: Int64) throws(FirmwareError) -> T {
        guard let value else { throw FirmwareError(.parameterMissing(label)) }
        return value
    }

    // MARK: Conditions

    private mutating func check(
        _ condition: Condition,
        _ index: Int
    ) throws(FirmwareError) -> FirmwareError? {
        let set = parameters[index]
        switch condition {
        case .vendorIdentifier:
            let vendor = try needed(set.vendor, SUITLabel.vendorIdentifier)
            vendorChecked = vendorChecked || vendor == device.vendor
            return vendor == device.vendor ? nil : FirmwareError(.otherHardware)
        case .classIdentifier:
            let identifier = try needed(set.classIdentifier, SUITLabel.classIdentifier)
            classChecked = classChecked || identifier == device.classIdentifier
            return identifier == device.classIdentifier ? nil : FirmwareError(.otherHardware)
        case .deviceIdentifier:
            let identifier = try needed(set.device, SUITLabel.deviceIdentifier)
            deviceChecked = deviceChecked || identifier == device.device
            return identifier == device.device ? nil : FirmwareError(.otherDevice)
        case .componentSlot:
            let slot = try needed(set.componentSlot, SUITLabel.componentSlot)
            return slot == (try deviceComponent(index)).slot ? nil : FirmwareError(.aborted)
        case .imageMatch: return try checkImage(index, set)
        case .checkContent:
            let content = try needed(set.content, SUITLabel.content)
            plan.steps.append(.checkContent(manifest.components[index], content))
            return nil
        case .abort: return FirmwareError(.aborted)
        }
    }

    private mutating func checkImage(
        _ index: Int,
        _ set: ParameterSet
    ) throws(FirmwareError) -> FirmwareError? {
        let digest = try needed(set.imageDigest, SUITLabel.imageDigest)
        let component = try deviceComponent(index)
        guard isPlanned[index] || defersImageChecks else {
            return component.currentDigest == digest ? nil : FirmwareError(.aborted)
        }
        plan.steps.append(
            .checkImage(component.identifier, digest, size: set.imageSize)
        )
        return nil
    }

    // MARK: Directives

    private mutating func perform(_ action: Action, _ index: Int) throws(FirmwareError) {
        let set = parameters[index]
        let component = try deviceComponent(index)
        if action != .invoke, component.isRunning {
            throw FirmwareError(.runningSlot(component.identifier))
        }
        switch action {
        case .fetch:
            plan.steps.append(.fetch(try PlannedPayload(component, set, policy)))
            isPlanned[index] = true
        case .copy:
            let source = try checked(try needed(set.sourceComponent, SUITLabel.sourceComponent))
            guard source != index else { throw FirmwareError(.componentIndex(UInt64(index))) }
            if let size = set.imageSize, size > component.capacity {
                throw FirmwareError(.imageTooLarge(capacity: component.capacity))
            }
            plan.steps.append(
                .copy(
                    from: manifest.components[source],
                    to: component.identifier,
                    set.imageDigest
                )
            )
            isPlanned[index] = true
        case .write:
            let content = try needed(set.content, SUITLabel.content)
            guard UInt64(content.count) <= component.capacity else {
                throw FirmwareError(.imageTooLarge(capacity: component.capacity))
            }
            plan.steps.append(.write(component.identifier, content))
            isPlanned[index] = true
        case .invoke:
            plan.steps.append(
                .invoke(component.identifier, arguments: set.invokeArguments)
            )
        case .swap:
            // Deviation: two components exchanged in place cannot survive a power failure halfway.
            throw FirmwareError(.forbiddenByPolicy(SUITLabel.swap))
        }
    }
}
