#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Where other threads leave messages for the thread that runs Lua: many senders, one receiver, drained in batches with
/// one wake-up each.
final class Mailbox<Message: Sendable>: @unchecked Sendable {
  // Sendable: every access to `messages` and `isClosed` is under `mutex`.
  private var messages: [Message] = []
  private var isClosed = false
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  init() {
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    #if canImport(Glibc)
      var attributes = pthread_condattr_t()
      pthread_condattr_init(&attributes)
      pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
      pthread_cond_init(condition, &attributes)
    #else
      pthread_cond_init(condition, nil)
    #endif
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Leaves a message. Once the mailbox is closed it is dropped.
  func post(_ message: Message) {
    pthread_mutex_lock(mutex)
    if !isClosed { messages.append(message) }
    pthread_mutex_unlock(mutex)
    pthread_cond_signal(condition)
  }

  /// All messages so far; does not wait.
  func take() -> [Message] {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    let taken = messages
    messages = []
    return taken
  }

  /// All messages so far; waits for the first one, until `deadline` at most.
  func take(until deadline: MonotonicTime?) -> [Message] {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while messages.isEmpty {
      guard let deadline else {
        pthread_cond_wait(condition, mutex)
        continue
      }
      if !wait(until: deadline) { break }
    }
    let taken = messages
    messages = []
    return taken
  }

  /// False once the deadline has passed.
  private func wait(until deadline: MonotonicTime) -> Bool {
    let left = deadline.nanoseconds - MonotonicTime.now.nanoseconds
    if left <= 0 { return false }
    #if canImport(Glibc)
      var time = timespec(
        tv_sec: Int(deadline.nanoseconds / 1_000_000_000), tv_nsec: Int(deadline.nanoseconds % 1_000_000_000))
      pthread_cond_timedwait(condition, mutex, &time)
    #else
      var time = timespec(tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000))
      pthread_cond_timedwait_relative_np(condition, mutex, &time)
    #endif
    return true
  }

  /// Drops what is there and all that comes.
  func close() {
    pthread_mutex_lock(mutex)
    isClosed = true
    messages = []
    pthread_mutex_unlock(mutex)
  }
}
