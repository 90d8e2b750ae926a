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

/// A point on the clock that never goes back, in nanoseconds.
struct MonotonicTime: Comparable, Hashable, Sendable {
  var nanoseconds: Int64

  static var now: MonotonicTime {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  static func < (a: MonotonicTime, b: MonotonicTime) -> Bool { a.nanoseconds < b.nanoseconds }

  /// Later by a duration; the far future if that does not fit.
  func advanced(by duration: Duration) -> MonotonicTime {
    let (seconds, attoseconds) = duration.components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, overflow2) = nanoseconds.addingReportingOverflow(scaled)
    if overflow || overflow2 { return MonotonicTime(nanoseconds: .max) }
    let (total, overflow3) = sum.addingReportingOverflow(attoseconds / 1_000_000_000)
    return MonotonicTime(nanoseconds: overflow3 ? .max : total)
  }
}
