internal import Synchronization

#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// Speaks HTTP over one thread of its own: any number of exchanges at once, connections kept and shared, HTTP/2 over TLS
/// where the server has it.
///
/// The environment's proxies (`https_proxy`, `no_proxy`, …) and certificates (`CURL_CA_BUNDLE`, `SSL_CERT_FILE`,
/// `SSL_CERT_DIR`) count. Nothing is kept between requests but connections and addresses: no cookies, no cache, no
/// passwords from files. libcurl is loaded, and the thread started, by the first request. The thread ends when
/// nobody holds the transport or one of its exchanges any more.
public final class HTTPTransport: Sendable {
  private struct State {
    var inbox: TransportInbox?
    var count: UInt64 = 0
  }

  private let state = Mutex(State())
  private let now: @Sendable () -> Int64

  /// A transport. `now`: the clock that limits of time go by, in nanoseconds; it may stand still, but not go back.
  public init(now: @escaping @Sendable () -> Int64 = HTTPTransport.systemTime) { self.now = now }

  deinit { state.withLock { _ = $0.inbox?.post(.close) } }

  /// Ends all exchanges as cancelled, and the thread; a later request starts anew.
  public func close() {
    let inbox = state.withLock { $0.inbox.take() }
    inbox?.post(.close)
  }

  /// Sends a request, and returns once the answer's head is there. Cancelling the task ends the exchange at once, now and
  /// while the body is read.
  public func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPExchange {
    try request.check()
    try CurlLibrary.load()
    var request = request
    var target = try HTTPTarget(request.url)
    let deadline = now().addingReportingOverflow(Int64(clamping: Int(request.limits.total / .nanoseconds(1))))
    var redirects = 0
    while true {
      if request.onlyPublic { try PublicHost.check(target) }
      let transfer = try begin(request, target)
      let holder = ExchangeHolder(transfer, of: self)
      let head = try await transfer.head().get()
      guard Redirect.isOne(head.status), request.maxRedirects > 0, let location = head.headers["Location"] else {
        return HTTPExchange(head: head, url: target.url, body: HTTPBody(holder: holder))
      }
      redirects += 1
      guard redirects <= request.maxRedirects else {
        throw HTTPError(.redirect, host: target.place, detail: "it would be number \(redirects)")
      }
      var next = try HTTPTarget(location, relativeTo: target)
      if request.staysOnHost, next.host != target.host {
        return HTTPExchange(head: head, url: target.url, body: HTTPBody(holder: holder))
      }
      request = try Redirect.request(after: request, status: head.status, from: target, to: next)
      let isSame = next.isSameOrigin(as: target)
      next.user = isSame ? next.user ?? target.user : nil
      next.password = isSame ? next.password ?? target.password : nil
      if !deadline.overflow { request.limits.total = .nanoseconds(max(0, deadline.partialValue - now())) }
      target = next
    }
  }

  private func begin(_ request: HTTPRequest, _ target: HTTPTarget) throws(HTTPError) -> Transfer {
    let sensitive = SensitiveText(request, user: target.user, password: target.password)
    let order = TransferOrder(request: request, target: target, sensitive: sensitive)
    let transfer: Transfer? = state.withLock { state in
      // An inbox that takes nothing is that of a thread that could not work.
      for _ in 0..<2 {
        if state.inbox == nil { state.inbox = TransportThread.start(now: now) }
        guard let inbox = state.inbox else { return nil }
        state.count += 1
        let transfer = Transfer(number: state.count, order: order, inbox: inbox)
        if inbox.post(.start(transfer)) { return transfer }
        state.inbox = nil
      }
      return nil
    }
    guard let transfer else {
      throw HTTPError(.connect, host: target.place, detail: "this process has no descriptor or thread left")
    }
    return transfer
  }

  /// The system's clock that does not count the time of a suspended machine.
  public static func systemTime() -> Int64 {
    var time = timespec()
    #if canImport(Darwin)
      clock_gettime(CLOCK_UPTIME_RAW, &time)
    #else
      clock_gettime(CLOCK_MONOTONIC, &time)
    #endif
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
