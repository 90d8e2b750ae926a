internal import CCurl

/// The transport's thread: waits for sockets, timers and commands, and lets libcurl work.
///
/// Everything of libcurl happens on this thread. libcurl says which sockets it waits for (`watch`) and when it wants to be
/// called anyway (`schedule`); our own limits of time are looked at when the earliest of them could be reached.
final class TransportLoop {
  private let inbox: TransportInbox
  private let poller: SocketPoller
  private let certificates = Certificates()
  private let now: @Sendable () -> Int64
  private var multi: OpaquePointer?
  private var live: [UInt64: CurlTransfer] = [:]
  /// When libcurl wants to be called.
  private var alarm: Int64?
  private let limits = LimitAlarm()
  private var isClosing = false

  /// Nil if the system has no descriptor left, or libcurl no memory.
  init?(_ inbox: TransportInbox, now: @escaping @Sendable () -> Int64) {
    guard let poller = SocketPoller(inbox.bell) else { return nil }
    self.inbox = inbox
    self.poller = poller
    self.now = now
    multi = ccurl_multi_create(
      { _, socket, what, context, _ in
        TransportLoop.of(context).watch(socket, what)
        return 0
      },
      { _, milliseconds, context in
        TransportLoop.of(context).schedule(milliseconds)
        return 0
      }, Unmanaged.passUnretained(self).toOpaque())
    if multi == nil { return nil }
  }

  // The loop destroys the multi handle whose context it is.
  private static func of(_ context: UnsafeMutableRawPointer?) -> TransportLoop {
    Unmanaged<TransportLoop>.fromOpaque(context!).takeUnretainedValue()
  }

  /// Runs until it is told to close.
  func run() {
    while !isClosing {
      let ready = poller.wait(milliseconds: pause())
      for command in inbox.take() { obey(command) }
      for socket in ready { act(on: socket) }
      if let alarm, alarm <= now() {
        self.alarm = nil
        _ = ccurl_multi_act(multi, Int32(CCURL_SOCKET_TIMEOUT), 0)
      }
      reap()
      lookAtLimits()
    }
    for number in live.keys.sorted() {
      drop(number, .failed(HTTPError(.cancelled, detail: "the transport was closed")))
    }
    ccurl_multi_destroy(multi)
    multi = nil
  }

  /// How long nothing has to be done, in milliseconds; -1: nothing at all.
  private func pause() -> Int32 {
    let next = min(alarm ?? .max, limits.next)
    guard next < .max else { return -1 }
    let left = next - now()
    // Rounded up: a moment too early would be for nothing.
    return left <= 0 ? 0 : Int32(clamping: (left + 999_999) / 1_000_000)
  }

  // MARK: Called back

  private func watch(_ socket: Int32, _ what: Int32) {
    poller.watch(socket, what == CCURL_POLL_REMOVE ? 0 : what)
  }

  private func schedule(_ milliseconds: Int) {
    alarm = milliseconds < 0 ? nil : now() + Int64(milliseconds) * 1_000_000
  }

  // MARK: Working

  private func act(on socket: SocketPoller.Readiness) {
    // What was done for another socket may have closed this one.
    guard poller.isWatching(socket.descriptor) else { return }
    _ = ccurl_multi_act(multi, socket.descriptor, socket.bits)
  }

  private func obey(_ command: TransportInbox.Command) {
    switch command {
    case .start(let transfer): start(transfer)
    case .goOn(let number): if let ending = live[number]?.goOn() { drop(number, ending) }
    case .stop(let number): drop(number, nil)
    case .close: isClosing = true
    }
  }

  private func start(_ transfer: Transfer) {
    guard !transfer.isOver else { return }
    guard let curl = CurlTransfer(transfer, certificates: certificates, alarm: limits, now: now) else {
      return transfer.end(.failed(HTTPError(.connect, host: transfer.order.target.place, detail: "there is no memory")))
    }
    live[transfer.number] = curl
    guard ccurl_multi_add(multi, curl.handle) == 0 else {
      live[transfer.number] = nil
      return transfer.end(.failed(HTTPError(.connect, host: transfer.order.target.place, detail: "libcurl refuses it")))
    }
    limits.set(curl.clock.nextLook)
  }

  /// Takes a transfer out of libcurl's hands.
  private func drop(_ number: UInt64, _ ending: TransferState.Ending?) {
    guard let curl = live.removeValue(forKey: number) else { return }
    _ = ccurl_multi_remove(multi, curl.handle)
    if let ending { curl.transfer.end(ending) }
  }

  private func reap() {
    var code: Int32 = 0
    var context: UnsafeMutableRawPointer?
    while ccurl_multi_next_end(multi, &code, &context) == 1 {
      guard let context else { continue }
      let curl = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
      let ending = curl.ending(code)
      drop(curl.transfer.number, ending)
    }
  }

  private func lookAtLimits() {
    let time = now()
    guard limits.next <= time else { return }
    var overdue: [(UInt64, HTTPError)] = []
    limits.clear()
    for (number, curl) in live {
      if let error = curl.overdue(at: time) {
        overdue.append((number, error))
      } else {
        limits.set(curl.clock.nextLook)
      }
    }
    for (number, error) in overdue { drop(number, .failed(error)) }
  }
}
