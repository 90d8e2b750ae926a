import WireText

extension ProviderError {
  /// Waits longer than this are an allowance that is used up, not a rate.
  public static let quotaThreshold = Duration.seconds(600)

  /// The error that an HTTP answer other than a success stands for. `now` is what the wall clock says.
  ///
  /// Statuses and words: the errors pages of Anthropic, OpenAI, OpenRouter and llama.cpp; whether to try again and how long to
  /// wait: as the official SDKs do it (408, 409, 429 and from 500 on; `x-should-retry` wins).
  public init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8], now: WallTime) {
    let parsed = (try? JSONReader.read(body)).map(ErrorBody.init)
    let wait = RetryAfter.wait(headers, now: now)
    let error = parsed ?? ErrorBody(.null)
    var kind = Kind.named(by: error, hasWait: wait != nil) ?? Kind(status: status, hasWait: wait != nil, error: error)
    if kind == .rateLimited, let wait, wait >= ProviderError.quotaThreshold { kind = .quota }
    let text = error.message.isEmpty ? ProviderError.excerpt(of: body) : error.message
    self.init(
      kind: kind, message: text, status: status, code: error.words.first { !$0.isEmpty },
      requestID: headers["request-id"] ?? headers["x-request-id"] ?? headers["x-generation-id"] ?? error.requestID,
      retryAfter: wait, resetsAt: kind == .quota ? wait.map { now.adding($0) } : nil,
      retryHint: headers["x-should-retry"].flatMap { $0 == "true" ? true : $0 == "false" ? false : nil })
  }

  /// The error that an event within a stream of status 200 stands for.
  init(event value: JSONValue) {
    let error = ErrorBody(value)
    let kind =
      Kind.named(by: error, hasWait: false)
      ?? error.number.map { Kind(status: $0, hasWait: false, error: error) } ?? .server
    self.init(
      kind: kind, message: error.message, code: error.words.first { !$0.isEmpty } ?? error.number.map(String.init),
      requestID: error.requestID)
  }

  /// The beginning of a body that is no JSON, for the reader of the message.
  static func excerpt(of body: [UInt8]) -> String {
    let text = String(decoding: body.prefix(300), as: UTF8.self)
    return ASCIIText.trimmed(text.split { $0.isNewline }.joined(separator: " "))
  }
}

extension ProviderError.Kind {
  private static let spendWords: Set<String> = [
    "enforced_spend_limit_reached", "organization_spend_limit_exceeded", "project_spend_limit_exceeded",
    "billing_hard_limit_reached", "spend_limit_exceeded", "max_budget_exceeded", "budget_exceeded",
  ]
  private static let billingWords: Set<String> = [
    "billing_error", "insufficient_quota", "credit_balance_exhausted", "organization_usage_limit_exceeded",
    "billing_not_active", "insufficient_credits", "account_deactivated",
  ]
  private static let contextWords: Set<String> = [
    "context_length_exceeded", "exceed_context_size_error", "context_window_exceeded", "string_above_max_length",
  ]
  private static let filterWords: Set<String> = [
    "content_filter", "content_policy_violation", "content_blocked", "moderation", "moderation_blocked",
  ]

  /// What the error's own words say, which is more than its status does: a quota that is used up comes as a 429 too.
  static func named(by error: ErrorBody, hasWait: Bool) -> ProviderError.Kind? {
    if error.isAny(of: spendWords) { return .spendLimit }
    if error.isAny(of: billingWords) { return .billing }
    if error.isAny(of: contextWords) { return .contextTooLong }
    if error.isAny(of: filterWords) { return .contentFilter }
    for word in error.words {
      switch word {
      case "rate_limit_error", "rate_limit_exceeded", "rate_limit_reached", "too_many_requests", "slow_down",
        "resource_exhausted":
        return .rateLimited
      case "overloaded_error", "overloaded", "engine_overloaded", "unavailable_error", "service_unavailable":
        return .overloaded
      case "authentication_error", "invalid_api_key", "unauthenticated", "missing_api_key": return .authentication
      case "permission_error", "permission_denied": return .permission
      case "not_found_error", "model_not_found": return .notFound
      case "request_too_large": return .requestTooLarge
      case "timeout_error", "request_timeout": return .timeout
      case "api_error", "server_error", "internal_error", "internal_server_error": return .server
      case "invalid_request_error", "badrequesterror", "bad_request": return phrase(error.message) ?? .badRequest
      default: continue
      }
    }
    return nil
  }

  /// Some providers have no word for it, only a sentence. Each of these is documented or was recorded.
  private static func phrase(_ message: String) -> ProviderError.Kind? {
    let text = ASCIIText.lowered(message)
    if text.contains("credit balance is too low") { return .billing }
    for sign in [
      "prompt is too long", "maximum context length", "exceed context limit", "exceeds the available context size",
      "context window", "longer than the maximum model length",
    ] where text.contains(sign) { return .contextTooLong }
    return nil
  }

  /// What the status says. A 402 that names a time is a budget for calls in flight (OpenRouter), and passes.
  init(status: Int, hasWait: Bool, error: ErrorBody) {
    switch status {
    case 401: self = .authentication
    case 402: self = hasWait ? .rateLimited : .billing
    case 403: self = .permission
    case 404, 410: self = .notFound
    case 408, 504, 524: self = .timeout
    case 409, 425: self = .server
    case 413: self = .requestTooLarge
    case 429: self = .rateLimited
    case 503, 529: self = .overloaded
    case 500...: self = .server
    case 400...: self = ProviderError.Kind.phrase(error.message) ?? .badRequest
    default: self = .malformed
    }
  }
}
