internal import CProcess

/// A thread for one body, which nobody joins.
final class OwnThread: Sendable {
  private let body: @Sendable () -> Void

  private init(_ body: @escaping @Sendable () -> Void) { self.body = body }

  /// Runs the body on a thread of its own.
  static func start(stackSize: UInt64 = 1 << 20, _ body: @escaping @Sendable () -> Void) {
    let context = Unmanaged.passRetained(OwnThread(body)).toOpaque()
    let status = cprocess_start_large_thread(
      { context in Unmanaged<OwnThread>.fromOpaque(context!).takeRetainedValue().body() }, context, stackSize)
    precondition(status == 0, "no thread could be started: \(SystemMessage.text(status))")
  }
}
