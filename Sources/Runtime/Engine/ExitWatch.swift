internal import CProcess
import Synchronization

/// Tells when a process has ended, without reaping it.
///
/// Whoever started a child reaps it after it was told here, and from then on the number may belong to a stranger: so the
/// child's group may be signalled until then. One thread waits for all processes; it begins with the first and stays, with all signals blocked.
final class ExitWatch: Sendable {
  /// The one watch of this process; its thread starts with the first use.
  static let shared = ExitWatch()

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
        if let context { Unmanaged<ExitWatch>.fromOpaque(context).takeUnretainedValue().loop() }
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
    let token = waiting.withLock { waiting -> UInt64? in
      guard waiting.hasThread else { return nil }
      waiting.lastToken += 1
      waiting.actions[waiting.lastToken] = action
      return waiting.lastToken
    }
    guard let token else { return false }
    let result = cprocess_watch_add(queue, child.pid, child.descriptor, token)
    if result == 1 { fire(token) }
    if result < 0 { waiting.withLock { $0.actions[token] = nil } }
    return result >= 0
  }

  private func fire(_ token: UInt64) {
    let action = waiting.withLock { $0.actions.removeValue(forKey: token) }
    action?()
  }
}
