internal import CCurl

/// The thread that a `TransportLoop` lives and dies on. Nobody joins it.
final class TransportThread: Sendable {
  private let inbox: TransportInbox
  private let now: @Sendable () -> Int64

  private init(_ inbox: TransportInbox, now: @escaping @Sendable () -> Int64) {
    self.inbox = inbox
    self.now = now
  }

  /// Starts one, and returns what it listens to; nil if the system has no descriptor or thread left.
  static func start(now: @escaping @Sendable () -> Int64) -> TransportInbox? {
    guard let bell = Bell() else { return nil }
    let thread = TransportThread(TransportInbox(bell), now: now)
    let context = Unmanaged.passRetained(thread)
    let status = cpoll_start_thread({ TransportThread.run($0!) }, context.toOpaque())
    guard status == 0 else {
      context.release()
      return nil
    }
    return thread.inbox
  }

  private static func run(_ context: UnsafeMutableRawPointer) {
    let thread = Unmanaged<TransportThread>.fromOpaque(context).takeRetainedValue()
    if let loop = TransportLoop(thread.inbox, now: thread.now) { loop.run() }
    thread.inbox.close()
  }
}
