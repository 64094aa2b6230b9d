#if Endpoint
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// The threads of an endpoint: one for the broker, and those of the sockets.
///
/// With one thread both are the same, and nothing is handed over between threads.
struct EventLoops: Sendable {
    /// Where the broker lives.
    let broker: any EventLoop
    /// Where sockets are served.
    let sockets: any EventLoopGroup
    /// What a channel of each event loop talks to.
    private(set) var ports: [ObjectIdentifier: NIOLoopBound<any BrokerPort>] = [:]
    private let groups: [MultiThreadedEventLoopGroup]

    /// Starts the threads.
    ///
    /// - Parameter count: 1: one for all; more: one for the broker, the others for sockets.
    init(count: Int) {
        let first = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        broker = first.next()
        if count > 1 {
            let others = MultiThreadedEventLoopGroup(numberOfThreads: count - 1)
            sockets = others
            groups = [others, first]
        } else {
            sockets = first
            groups = [first]
        }
    }

    /// Ties every event loop of sockets to the broker.
    mutating func connect(to loop: NIOLoopBound<BrokerLoop>) async throws {
        for socketLoop in sockets.makeIterator() {
            ports[ObjectIdentifier(socketLoop)] =
                socketLoop === broker
                ? try await broker.submit {
                    NIOLoopBound(loop.value as any BrokerPort, eventLoop: loop.eventLoop)
                }.get()
                : try await bridge(socketLoop, loop)
        }
    }

    private func bridge(
        _ socketLoop: any EventLoop,
        _ loop: NIOLoopBound<BrokerLoop>
    ) async throws -> NIOLoopBound<any BrokerPort> {
        let bridge = LoopBridge(from: socketLoop, to: broker)
        let (sockets, port) = try await socketLoop.submit {
            let end = SocketEnd(bridge) { loop.value.takeArrivals() }
            return (
                NIOLoopBound(end, eventLoop: socketLoop),
                NIOLoopBound(end as any BrokerPort, eventLoop: socketLoop)
            )
        }.get()
        try await broker.submit { loop.value.bridges.append(BrokerEnd(bridge, sockets)) }.get()
        return port
    }

    /// What a channel of this event loop talks to.
    func port(on eventLoop: any EventLoop) -> (any BrokerPort)? {
        ports[ObjectIdentifier(eventLoop)]?.value
    }

    /// Ends the threads; every channel is closed.
    func shutDown() async throws {
        for group in groups { try await group.shutdownGracefully() }
    }
}
#endif
