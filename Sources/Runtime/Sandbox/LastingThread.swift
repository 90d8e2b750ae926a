internal import CProcess
import Dispatch
import Synchronization

/// A thread that never ends, and does one thing after another.
///
/// A process that wants to die with its parent dies with the thread that started it: the kernel takes the one for the other.
/// Threads of pools come and go; this one stays.
final class LastingThread: Sendable {
  /// The one thread of this process; it starts with the first use.
  static let shared = LastingThread()

  private struct State {
    var hasThread = false
    var orders: [@Sendable () -> Void] = []
  }

  private let state = Mutex(State())
  private let signal = DispatchSemaphore(value: 0)

  private init() {}

  /// Starts the thread if there is none. False if the system is out of threads for now.
  private func begin() -> Bool {
    state.withLock { state in
      if state.hasThread { return true }
      let context = Unmanaged.passRetained(self)
      let failure = cprocess_start_thread(
        { context in
          // The thread never ends, and neither does the object that it was given.
          if let context { Unmanaged<LastingThread>.fromOpaque(context).takeUnretainedValue().loop() }
        }, context.toOpaque())
      state.hasThread = failure == 0
      return state.hasThread
    }
  }

  private func loop() {
    while true {
      signal.wait()
      let order = state.withLock { $0.orders.isEmpty ? nil : $0.orders.removeFirst() }
      order?()
    }
  }

  /// Does the work on the thread, after all that was wanted before, and returns what it returns.
  func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
    while !begin() { try? await Task.sleep(for: .milliseconds(50)) }
    return await withCheckedContinuation { continuation in
      state.withLock { $0.orders.append { continuation.resume(returning: work()) } }
      signal.signal()
    }
  }
}
