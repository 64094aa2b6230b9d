internal import CBORCodec

/// SUIT_Rep_Policy: what is recorded about a command, four bits.
public struct ReportingPolicy: OptionSet, Hashable, Sendable {
    /// The bits.
    public let rawValue: UInt64
    /// Takes bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    /// Send a record on success.
    public static let recordOnSuccess = ReportingPolicy(rawValue: 1)
    /// Send a record on failure.
    public static let recordOnFailure = ReportingPolicy(rawValue: 2)
    /// Send system information on success.
    public static let systemOnSuccess = ReportingPolicy(rawValue: 4)
    /// Send system information on failure.
    public static let systemOnFailure = ReportingPolicy(rawValue: 8)
    /// All four.
    public static let all = ReportingPolicy(rawValue: 15)
}

/// SUIT_Condition.
public enum Condition: Int64, Hashable, Sendable, CaseIterable {
    /// The device's vendor is the parameter's.
    case vendorIdentifier = 1
    /// The device's class is the parameter's.
    case classIdentifier = 2
    /// The component holds the image of the parameter.
    case imageMatch = 3
    /// The component's slot is the parameter's.
    case componentSlot = 5
    /// The component holds the parameter's content.
    case checkContent = 6
    /// Always fails.
    case abort = 14
    /// The device is the parameter's.
    case deviceIdentifier = 24
}

/// The directives that act on a component and have nothing but a reporting policy.
public enum Action: Int64, Hashable, Sendable, CaseIterable {
    /// Put the parameter's content into the component.
    case write = 18
    /// Get the payload from the parameter's URI.
    case fetch = 21
    /// Copy from the source component.
    case copy = 22
    /// Run the component.
    case invoke = 23
    /// Exchange two components; always refused when it is to be run.
    case swap = 31
}

/// IndexArg: the components that the next commands are about.
public enum ComponentSelection: Hashable, Sendable {
    /// One, by its index.
    case one(UInt64)
    /// All of them.
    case all
    /// Some, one after the other.
    case some([UInt64])
}

/// One command of a sequence.
public indirect enum Command: Hashable, Sendable {
    /// Demands something.
    case condition(Condition, ReportingPolicy)
    /// Does something.
    case action(Action, ReportingPolicy)
    /// Chooses components.
    case setComponentIndex(ComponentSelection)
    /// Sets parameters of the chosen components.
    case overrideParameters(ParameterSet)
    /// Runs the first sequence that works; `orNothing` where all may fail.
    case tryEach([CommandSequence], orNothing: Bool)
    /// Runs a sequence.
    case runSequence(CommandSequence)
}

/// SUIT_Command_Sequence: one or more commands.
public struct CommandSequence: Hashable, Sendable {
    /// The commands, in order.
    public var commands: [Command]

    /// Takes commands.
    public init(_ commands: [Command]) { self.commands = commands }
}

/// Reads sequences with a budget for all of a manifest's commands.
struct CommandReader {
    let limits: FirmwareLimits
    private var remaining: Int

    init(_ limits: FirmwareLimits) {
        self.limits = limits
        remaining = limits.commands
    }

    /// Reads a sequence; a shared one has the commands of SUIT_Shared_Sequence only.
    mutating func sequence(
        _ reader: inout FirmwareReader,
        isShared: Bool,
        nesting: Int = 0
    ) throws(FirmwareError) -> CommandSequence {
        let start = reader.position
        guard nesting <= limits.nesting else {
            throw FirmwareError(.limitExceeded(.nesting), at: start)
        }
        let count = try reader.array()
        guard count > 0, count.isMultiple(of: 2) else {
            throw FirmwareError(.unexpectedCount(count), at: start)
        }
        guard count / 2 <= remaining else { throw FirmwareError(.limitExceeded(.steps), at: start) }
        remaining -= count / 2
        var commands: [Command] = []
        commands.reserveCapacity(count / 2)
        for _ in 0..<count / 2 {
            commands.append(try command(&reader, isShared: isShared, nesting: nesting))
        }
        return CommandSequence(commands)
    }

    private mutating func command(
        _ reader: inout FirmwareReader,
        isShared: Bool,
        nesting: Int
    ) throws(FirmwareError) -> Command {
        let start = reader.position
        let label = try reader.integer()
        if let condition = Condition(rawValue: label) {
            return .condition(condition, try policy(&reader))
        }
        if let action = Action(rawValue: label) {
            guard !isShared else { throw FirmwareError(.commandNotAllowed(label), at: start) }
            return .action(action, try policy(&reader))
        }
        switch label {
        case SUITLabel.setComponentIndex: return .setComponentIndex(try selection(&reader))
        case SUITLabel.overrideParameters:
            return .overrideParameters(try ParameterSet.read(&reader, limits))
        case SUITLabel.runSequence:
            return .runSequence(
                try embedded(&reader, isShared: isShared, nesting: nesting)
            )
        case SUITLabel.tryEach:
            return try tryEach(&reader, isShared: isShared, nesting: nesting)
        default: throw FirmwareError(.unknownCommand(label), at: start)
        }
    }

    private mutating func embedded(
        _ reader: inout FirmwareReader,
        isShared: Bool,
        nesting: Int
    ) throws(FirmwareError) -> CommandSequence {
        var inner = try reader.embedded()
        let sequence = try sequence(&inner, isShared: isShared, nesting: nesting + 1)
        try inner.finish()
        return sequence
    }

    private mutating func tryEach(
        _ reader: inout FirmwareReader,
        isShared: Bool,
        nesting: Int
    ) throws(FirmwareError) -> Command {
        let start = reader.position
        let count = try reader.array()
        guard count <= limits.commands else {
            throw FirmwareError(.limitExceeded(.steps), at: start)
        }
        var sequences: [CommandSequence] = []
        var orNothing = false
        for index in 0..<count {
            if index == count - 1, reader.null() {
                orNothing = true
            } else {
                sequences.append(try embedded(&reader, isShared: isShared, nesting: nesting))
            }
        }
        guard sequences.count >= 2 else { throw FirmwareError(.unexpectedCount(count), at: start) }
        return .tryEach(sequences, orNothing: orNothing)
    }

    private func policy(_ reader: inout FirmwareReader) throws(FirmwareError) -> ReportingPolicy {
        let start = reader.position
        let value = try reader.unsigned()
        guard value <= 15 else { throw FirmwareError(.valueOutOfRange, at: start) }
        return ReportingPolicy(rawValue: value)
    }

    private func selection(
        _ reader: inout FirmwareReader
    ) throws(FirmwareError) -> ComponentSelection {
        let start = reader.position
        switch try reader.peek() {
        case .unsigned: return .one(try reader.unsigned())
        case .array:
            let count = try reader.array()
            guard count > 0 else { throw FirmwareError(.unexpectedCount(0), at: start) }
            guard count <= limits.components else {
                throw FirmwareError(.limitExceeded(.components), at: start)
            }
            var indices: [UInt64] = []
            for _ in 0..<count { indices.append(try reader.unsigned()) }
            return .some(indices)
        default:
            guard try reader.bool() else { throw FirmwareError(.valueOutOfRange, at: start) }
            return .all
        }
    }
}

extension CommandSequence {
    func encode(into encoder: inout CBOREncoder) {
        encoder.append(arrayCount: commands.count * 2)
        for command in commands { command.encode(into: &encoder) }
    }

    var encoded: [UInt8] { CBOREncoder.encode { encode(into: &$0) } }
}

extension Command {
    func encode(into encoder: inout CBOREncoder) {
        switch self {
        case .condition(let condition, let policy):
            encoder.append(integer: condition.rawValue)
            encoder.append(unsigned: policy.rawValue)
        case .action(let action, let policy):
            encoder.append(integer: action.rawValue)
            encoder.append(unsigned: policy.rawValue)
        case .setComponentIndex(let selection):
            encoder.append(integer: SUITLabel.setComponentIndex)
            switch selection {
            case .one(let index): encoder.append(unsigned: index)
            case .all: encoder.append(bool: true)
            case .some(let indices):
                encoder.append(arrayCount: indices.count)
                for index in indices { encoder.append(unsigned: index) }
            }
        case .overrideParameters(let set):
            encoder.append(integer: SUITLabel.overrideParameters)
            set.encode(into: &encoder)
        case .tryEach(let sequences, let orNothing):
            encoder.append(integer: SUITLabel.tryEach)
            encoder.append(arrayCount: sequences.count + (orNothing ? 1 : 0))
            for sequence in sequences { encoder.append(byteString: sequence.encoded) }
            if orNothing { encoder.appendNull() }
        case .runSequence(let sequence):
            encoder.append(integer: SUITLabel.runSequence)
            encoder.append(byteString: sequence.encoded)
        }
    }
}
