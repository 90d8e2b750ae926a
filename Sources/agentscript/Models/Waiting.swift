import Dispatch
import Synchronization

/// Lets a command wait on its thread for what runs beside it.
enum Waiting {
  private final class Place<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let signal = DispatchSemaphore(value: 0)

    func put(_ found: Value) {
      value.withLock { $0 = found }
      signal.signal()
    }

    func take() -> Value {
      while true {
        signal.wait()
        if let found = value.withLock({ $0.take() }) { return found }
      }
    }
  }

  /// What `body` comes to. Not for the thread of a task, which `body` may need.
  static func value<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) -> Value {
    let place = Place<Value>()
    Task { place.put(await body()) }
    return place.take()
  }
}
