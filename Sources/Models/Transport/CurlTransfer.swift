internal import CCurl

#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// What a transfer needs to begin.
struct TransferOrder: Sendable {
  let request: HTTPRequest
  let target: HTTPTarget
  let sensitive: SensitiveText
}

/// A transfer in libcurl's hands. It lives on the transport's thread.
///
/// The library calls `head` and `body` back while it works; what they find wrong is kept in `refusal`, and the transfer
/// ends with that instead of libcurl's own words for it.
final class CurlTransfer {
  let transfer: Transfer
  let handle: OpaquePointer
  var clock: TransferClock
  private var lines: OpaquePointer?
  private let message: UnsafeMutablePointer<CChar>
  private let content: UnsafeMutableBufferPointer<UInt8>
  /// Addresses that were not connected to.
  private let refusedAddresses: UnsafeMutablePointer<Int32>
  private var reader: HeadReader
  private var bodyBytes = 0
  private(set) var refusal: HTTPError?
  private let began: Int64
  private let now: () -> Int64
  private let alarm: LimitAlarm
  /// How much had been sent when that was last looked at.
  private var sent: Int64 = 0

  private var order: TransferOrder { transfer.order }
  private var limits: HTTPLimits { transfer.order.request.limits }

  /// Nil if libcurl has no memory.
  init?(_ transfer: Transfer, certificates: Certificates, alarm: LimitAlarm, now: @escaping () -> Int64) {
    guard let handle = ccurl_easy_create() else { return nil }
    self.transfer = transfer
    self.handle = handle
    self.now = now
    self.alarm = alarm
    began = now()
    clock = TransferClock(limits: transfer.order.request.limits, start: began)
    reader = HeadReader(limit: transfer.order.request.limits.maxHeadBytes)
    message = .allocate(capacity: 256)
    message.initialize(repeating: 0, count: 256)
    refusedAddresses = .allocate(capacity: 1)
    refusedAddresses.initialize(to: 0)
    let body = transfer.order.request.body ?? []
    content = .allocate(capacity: max(1, body.count))
    _ = content.update(fromContentsOf: body)
    configure(certificates)
  }

  deinit {
    ccurl_easy_destroy(handle)
    if let lines { ccurl_list_destroy(lines) }
    message.deallocate()
    refusedAddresses.deallocate()
    content.deallocate()
  }

  // MARK: Setting up

  private func configure(_ certificates: Certificates) {
    let request = order.request
    _ = ccurl_set_message_buffer(handle, message)
    _ = ccurl_set_functions(
      handle,
      { CurlTransfer.of($3).tookHead(UnsafeRawBufferPointer(start: $0, count: $1 * $2)) },
      { CurlTransfer.of($3).tookBody(UnsafeRawBufferPointer(start: $0, count: $1 * $2)) },
      Unmanaged.passUnretained(self).toOpaque())
    _ = ccurl_set_private_sockets(handle)
    if request.onlyPublic { keepPublic() }
    _ = ccurl_set_text(handle, CCURL_URL, order.target.url)
    _ = ccurl_set_long(handle, CCURL_PROTOCOLS, CCURL_PROTOCOL_HTTP | CCURL_PROTOCOL_HTTPS)
    _ = ccurl_set_long(handle, CCURL_NOSIGNAL, 1)
    _ = ccurl_set_long(handle, CCURL_QUICK_EXIT, 1)
    _ = ccurl_set_long(handle, CCURL_SUPPRESS_CONNECT_HEADERS, 1)
    _ = ccurl_set_long(handle, CCURL_HTTP_VERSION, CCURL_HTTP_2_OVER_TLS)
    // Many requests at once wait for the first connection to tell whether it can carry them all, which it does once it is
    // secure. Without TLS it would tell only with its first answer.
    if order.target.scheme == "https" { _ = ccurl_set_long(handle, CCURL_PIPEWAIT, 1) }
    _ = ccurl_set_long(handle, CCURL_SSLVERSION, CCURL_TLS_1_2)
    _ = ccurl_set_long(handle, CCURL_TCP_KEEPALIVE, 1)
    // The library's own limit would be 300 s; ours counts.
    _ = ccurl_set_long(handle, CCURL_CONNECTTIMEOUT_MS, Int(Int32.max))
    if let user = order.target.user { _ = ccurl_set_text(handle, CCURL_USERNAME, user) }
    if let password = order.target.password { _ = ccurl_set_text(handle, CCURL_PASSWORD, password) }
    certificates.apply(to: handle)
    if request.acceptsCompression, request.headers["Accept-Encoding"] == nil {
      _ = ccurl_set_text(handle, CCURL_ACCEPT_ENCODING, "gzip, deflate")
    }
    if request.method == "HEAD" {
      _ = ccurl_set_long(handle, CCURL_NOBODY, 1)
    } else if request.body != nil || ["POST", "PUT", "PATCH"].contains(request.method) {
      _ = ccurl_set_body(handle, content.baseAddress, Int64(request.body?.count ?? 0))
      _ = ccurl_set_text(handle, CCURL_CUSTOMREQUEST, request.method)
    } else {
      _ = ccurl_set_text(handle, CCURL_CUSTOMREQUEST, request.method)
    }
    setHeaders(request.headers)
  }

  private func keepPublic() {
    // A connection that stands was made by somebody who may more.
    _ = ccurl_set_long(handle, CCURL_FRESH_CONNECT, 1)
    if PublicHost.hasProxy {
      // Everything goes through it; a list of exceptions would lead around it.
      _ = ccurl_set_text(handle, CCURL_NOPROXY, "")
    } else {
      _ = ccurl_set_public_sockets(handle, refusedAddresses)
    }
  }

  private func setHeaders(_ headers: HTTPHeaders) {
    // libcurl would wait for the server's consent to a long body, and call every body a form.
    append(Array("Expect:".utf8))
    if headers["Content-Type"] == nil { append(Array("Content-Type:".utf8)) }
    if headers["User-Agent"] == nil { append(Array("User-Agent: agentscript".utf8)) }
    for field in headers.fields {
      // An empty value is written with a semicolon; with a colon it would take the header away.
      append(Array(field.name.utf8) + (field.value.isEmpty ? [UInt8(ascii: ";")] : Array(": ".utf8) + field.value))
    }
    _ = ccurl_set_headers(handle, lines)
  }

  private func append(_ line: [UInt8]) {
    (line + [0]).withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { lines = ccurl_list_append(lines, $0.baseAddress) ?? lines }
    }
  }

  // MARK: Called back

  // Each handle's context is its owner, which removes the handle before it dies.
  private static func of(_ context: UnsafeMutableRawPointer?) -> CurlTransfer {
    Unmanaged<CurlTransfer>.fromOpaque(context!).takeUnretainedValue()
  }

  private func tookHead(_ line: UnsafeRawBufferPointer) -> Int {
    clock.connected(at: now())
    switch reader.take(line) {
    case .more: return line.count
    case .tooLarge:
      return refuse(HTTPError(.tooLarge(.head), host: order.target.place, detail: "\(limits.maxHeadBytes) bytes"))
    case .malformed:
      return refuse(HTTPError(.protocolError, host: order.target.place, detail: "a line of its head is none"))
    case .complete: break
    }
    guard var head = reader.head else { return line.count }
    if let error = unexpected(head) { return refuse(error) }
    head.timings = timings
    received()
    transfer.deliver(head)
    return line.count
  }

  private func tookBody(_ bytes: UnsafeRawBufferPointer) -> Int {
    if bodyBytes + bytes.count > limits.maxBodyBytes {
      return refuse(HTTPError(.tooLarge(.body), host: order.target.place, detail: "\(limits.maxBodyBytes) bytes"))
    }
    guard transfer.deliver(bytes) else {
      clock.held()
      return CCURL_WRITE_PAUSE
    }
    bodyBytes += bytes.count
    received()
    return bytes.count
  }

  private func received() {
    clock.received(at: now())
    alarm.set(clock.nextLook)
  }

  /// Tells libcurl to stop: fewer bytes were taken than there were.
  private func refuse(_ error: HTTPError) -> Int {
    refusal = error
    return 0
  }

  private func unexpected(_ head: HTTPHead) -> HTTPError? {
    let expected = order.request.expectedTypes
    guard !expected.isEmpty, (200...299).contains(head.status), head.status != 204 else { return nil }
    let whole = head.headers["Content-Type"] ?? ""
    let bytes = whole.utf8.prefix { $0 != UInt8(ascii: ";") }.filter { $0 > 0x20 }.map(HTTPHeaders.lowercased)
    let type = String(decoding: bytes, as: UTF8.self)
    guard !expected.contains(type) else { return nil }
    let said = type.isEmpty ? "no content type" : order.sensitive.cleaned(String(type.prefix(80)))
    return HTTPError(.unexpectedContent, host: order.target.place, detail: said)
  }

  private var timings: HTTPTimings {
    func time(_ fact: ccurl_fact) -> Duration { .microseconds(ccurl_fact_of(handle, fact)) }
    var timings = HTTPTimings()
    timings.nameLookup = time(CCURL_INFO_NAMELOOKUP_TIME)
    timings.connect = time(CCURL_INFO_CONNECT_TIME)
    timings.secure = time(CCURL_INFO_APPCONNECT_TIME)
    timings.firstByte = time(CCURL_INFO_STARTTRANSFER_TIME)
    return timings
  }

  // MARK: Going on and ending

  /// What libcurl has kept meanwhile is delivered right away. If that is refused, the transfer is over, and nobody else
  /// will say so.
  func goOn() -> TransferState.Ending? {
    received()
    let code = ccurl_pause(handle, Int32(CCURL_PAUSE_NOTHING))
    return code == 0 ? nil : ending(code)
  }

  /// The limit of time that has been reached, if one has.
  func overdue(at time: Int64) -> HTTPError? {
    guard clock.nextLook <= time else { return nil }
    // What libcurl does not tell by itself.
    let connected = ccurl_fact_of(handle, CCURL_INFO_PRETRANSFER_TIME)
    if connected > 0 { clock.connected(at: min(time, began + connected * 1000)) } else { clock.connecting(at: time) }
    let sent = ccurl_fact_of(handle, CCURL_INFO_SIZE_UPLOAD)
    if sent > self.sent { clock.sent(at: time) }
    self.sent = sent
    let next = clock.next
    guard next.time <= time else { return nil }
    return HTTPError(.timeout(next.limit), host: order.target.place, detail: clock.length(of: next.limit))
  }

  /// How the transfer ended, by libcurl's code for it.
  func ending(_ code: Int32) -> TransferState.Ending {
    if let refusal { return .failed(refusal) }
    if code == 0 {
      guard reader.head == nil else { return .complete }
      return .failed(HTTPError(.protocolError, host: order.target.place, detail: "it has no head"))
    }
    if refusedAddresses.pointee > 0, code == Int32(CCURL_COULDNT_CONNECT) {
      return .failed(PublicHost.refusal(order.target))
    }
    let failure = CurlFailure(
      code: code, systemError: Int32(truncatingIfNeeded: ccurl_fact_of(handle, CCURL_INFO_OS_ERRNO)),
      message: String(cString: message))
    let kind = failure.kind
    var detail = order.sensitive.cleaned(failure.phrase)
    if case .timeout(let limit) = kind { detail = clock.length(of: limit) }
    return .failed(HTTPError(kind, host: order.target.place, detail: detail))
  }
}

/// When the first limit of any transfer could be reached. It belongs to the transport's thread.
final class LimitAlarm {
  private(set) var next = Int64.max

  func set(_ time: Int64) { next = min(next, time) }
  func clear() { next = .max }
}

/// Whose certificates are trusted: what the environment names, else what libcurl was built with.
struct Certificates {
  private let file: String?
  private let folder: String?
  /// The default folder beside the file would only keep libcurl from sharing one store among its connections.
  private let hasFile: Bool

  /// By `CURL_CA_BUNDLE`, `SSL_CERT_FILE` and `SSL_CERT_DIR`. libcurl must be loaded.
  init() {
    func variable(_ name: String) -> String? {
      guard let value = getenv(name), value.pointee != 0 else { return nil }
      return String(cString: value)
    }
    file = variable("CURL_CA_BUNDLE") ?? variable("SSL_CERT_FILE")
    folder = variable("SSL_CERT_DIR")
    hasFile = file != nil || ccurl_default_certificates().map { access($0, R_OK) == 0 } ?? false
  }

  func apply(to handle: OpaquePointer) {
    if let file { _ = ccurl_set_text(handle, CCURL_CAINFO, file) }
    if let folder {
      _ = ccurl_set_text(handle, CCURL_CAPATH, folder)
    } else if hasFile {
      _ = ccurl_set_text(handle, CCURL_CAPATH, nil)
    }
  }
}
