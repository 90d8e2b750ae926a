internal import CProcess
internal import LuaBindings

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Stops Lua code that runs past a deadline, so that the host can look whether the code has to end: while Lua runs, the
/// host's own timers stand still. Its thread starts at the first deadline and sleeps while Lua rests.
final class Watchdog: @unchecked Sendable {
  // Sendable: all state is under `mutex`.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  private var interrupt: LuaInterrupt?
  private var deadline: MonotonicTime?
  /// What the thread sleeps for; it needs no wake-up for anything later.
  private var sleepsUntil: MonotonicTime?
  private var hasThread = false
  private var isStopped = false
  /// How long Lua code goes on before it is stopped once more.
  private static let interval = Duration.milliseconds(10)

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

  private func locked<R>(_ body: () -> R) -> R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  func bind(_ interrupt: LuaInterrupt) { locked { self.interrupt = interrupt } }

  /// Lua code begins to run, or goes on: it is stopped at the deadline.
  func watch(until deadline: MonotonicTime) {
    locked {
      self.deadline = deadline
      if !hasThread { start() }
      if let sleepsUntil, sleepsUntil <= deadline { return }
      pthread_cond_signal(condition)
    }
  }

  /// Lua code rests.
  func rest() { locked { deadline = nil } }

  /// Ends the thread; it no longer touches the Lua thread when this returns.
  func stop() {
    locked {
      isStopped = true
      interrupt = nil
      pthread_cond_signal(condition)
    }
  }

  private func start() {
    hasThread = true
    let context = Unmanaged.passRetained(self).toOpaque()
    let status = cprocess_start_thread(
      { context in Unmanaged<Watchdog>.fromOpaque(context!).takeRetainedValue().loop() }, context)
    // Without the thread, only the script's own waits end its tasks; the next deadline tries again.
    if status != 0 {
      Unmanaged<Watchdog>.fromOpaque(context).release()
      hasThread = false
    }
  }

  private func loop() {
    pthread_mutex_lock(mutex)
    while !isStopped {
      guard let deadline else {
        sleepsUntil = nil
        pthread_cond_wait(condition, mutex)
        continue
      }
      let now = MonotonicTime.now
      if now < deadline {
        sleep(until: deadline)
      } else {
        interrupt?.send()
        sleep(until: now.advanced(by: Watchdog.interval))
      }
    }
    pthread_mutex_unlock(mutex)
  }

  private func sleep(until time: MonotonicTime) {
    sleepsUntil = time
    #if canImport(Glibc)
      var limit = timespec(
        tv_sec: Int(time.nanoseconds / 1_000_000_000), tv_nsec: Int(time.nanoseconds % 1_000_000_000))
      pthread_cond_timedwait(condition, mutex, &limit)
    #else
      let left = max(0, time.nanoseconds - MonotonicTime.now.nanoseconds)
      var limit = timespec(tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000))
      pthread_cond_timedwait_relative_np(condition, mutex, &limit)
    #endif
    sleepsUntil = nil
  }
}
