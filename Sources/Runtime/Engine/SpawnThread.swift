import Dispatch
import Synchronization

/// A thread that never ends, for starts of processes that end with the thread that started them.
final class SpawnThread: Sendable {
  static let shared = SpawnThread()

  private let work = Mutex<[@Sendable () -> Void]>([])
  private let signal = DispatchSemaphore(value: 0)

  private init() {
    OwnThread.start { [self] in
      while true {
        signal.wait()
        let next = work.withLock { $0.removeFirst() }
        next()
      }
    }
  }

  /// Runs the body there.
  func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      work.withLock { $0.append { continuation.resume(returning: body()) } }
      signal.signal()
    }
  }
}
