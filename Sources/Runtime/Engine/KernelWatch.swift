internal import CProcess
import Synchronization

/// Tells when a process has ended, without reaping it, and when a descriptor can be read or written.
///
/// Whoever started a child reaps it after it was told here, and from then on the number may belong to a stranger: so the
/// child's group may be signalled until then. One thread waits for everything; it begins with the first and stays, with all
/// signals blocked.
final class KernelWatch: Sendable {
  /// The one watch of this process; its thread starts with the first use.
  static let shared = KernelWatch()

  private struct Waiting {
    var hasThread = false
    var lastToken: UInt64 = 0
    var actions: [UInt64: @Sendable () -> Void] = [:]
  }

  private let queue: Int32
  private let waiting = Mutex(Waiting())

  private init() {
    queue = cprocess_watch_create()
    guard queue >= 0 else { return }
    let context = Unmanaged.passRetained(self)
    let failure = cprocess_start_thread(
      { context in
        // The thread never ends, and neither does the object that it was given.
        if let context { Unmanaged<KernelWatch>.fromOpaque(context).takeUnretainedValue().loop() }
      }, context.toOpaque())
    waiting.withLock { $0.hasThread = failure == 0 }
  }

  private func loop() {
    var tokens = [UInt64](repeating: 0, count: 64)
    while true {
      let count = cprocess_watch_wait(queue, &tokens, Int32(tokens.count))
      for token in tokens.prefix(max(0, Int(count))) { fire(token) }
    }
  }

  /// Calls `action` once, mostly on the watch's thread, when the child has ended. False: the system cannot tell.
  func whenEnded(_ child: ProcessSpawn.Child, _ action: @escaping @Sendable () -> Void) -> Bool {
    guard let token = token(for: action) else { return false }
    let result = cprocess_watch_add(queue, child.pid, child.descriptor, token)
    if result == 1 { fire(token) }
    if result < 0 { drop(token) }
    return result >= 0
  }

  /// Calls `action` once, on the watch's thread, when a pipe or socket can be read (or written), or was closed on its other
  /// side. Gives what the wait can be ended by; nil if the system cannot tell. One wait at a time for a descriptor.
  func whenReady(_ descriptor: Int32, forWriting: Bool, _ action: @escaping @Sendable () -> Void) -> UInt64? {
    guard let token = token(for: action) else { return nil }
    if cprocess_watch_ready(queue, descriptor, forWriting ? 1 : 0, token) == 0 { return token }
    drop(token)
    return nil
  }

  /// Ends the wait for a descriptor that is to be closed. An action that is under way still runs.
  func forget(_ descriptor: Int32, _ token: UInt64) {
    cprocess_watch_forget(queue, descriptor)
    drop(token)
  }

  private func token(for action: @escaping @Sendable () -> Void) -> UInt64? {
    waiting.withLock { waiting -> UInt64? in
      guard waiting.hasThread else { return nil }
      waiting.lastToken += 1
      waiting.actions[waiting.lastToken] = action
      return waiting.lastToken
    }
  }

  private func drop(_ token: UInt64) { waiting.withLock { $0.actions[token] = nil } }

  private func fire(_ token: UInt64) {
    let action = waiting.withLock { $0.actions.removeValue(forKey: token) }
    action?()
  }
}
