/// Why a call of a model brought no answer.
public struct ProviderError: Error, Hashable, Sendable {
  /// The kinds, as far as what to do about them differs.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// Too many requests or tokens for now; it passes within minutes.
    case rateLimited = "rate_limited"
    /// The provider has no capacity for now, or still loads the model.
    case overloaded
    /// The provider failed.
    case server
    /// The provider gave up on the request, or we on the provider.
    case timeout
    /// No connection came about, or it broke before the answer began.
    case unreachable
    /// The key is missing, wrong or no longer good.
    case authentication
    /// The key may not do this.
    case permission
    /// There is no money on the account.
    case billing
    /// A limit of spending that somebody set is reached.
    case spendLimit = "spend_limit"
    /// An allowance is used up, and comes back at a time that is known and not near.
    case quota
    /// The conversation is longer than the model's window.
    case contextTooLong = "context_too_long"
    /// The request has more bytes than the provider takes.
    case requestTooLarge = "request_too_large"
    /// The provider does not take the request as it is.
    case badRequest = "bad_request"
    /// There is no such model or no such route.
    case notFound = "not_found"
    /// A filter stopped the question or the answer.
    case contentFilter = "content_filter"
    /// The model refused.
    case refusal
    /// The stream ended without its closing event.
    case truncated
    /// The answer is not what the wire format says.
    case malformed
    /// A line, an event or the whole answer is longer than we take.
    case tooLong = "too_long"
    /// The answer ended as it should, and says nothing.
    case emptyResult = "empty_result"
  }

  /// The kind.
  public var kind: Kind
  /// What the provider said, or what was seen, as one sentence of at most 2,000 characters. It may hold anything, escape
  /// codes included: whoever shows it has to escape it.
  public var message: String
  /// The HTTP status; nil for what was seen within a stream or without an answer.
  public var status: Int?
  /// The provider's word for the error.
  public var code: String?
  /// The provider's name for the request.
  public var requestID: String?
  /// How long the provider asks its callers to wait.
  public var retryAfter: Duration?
  /// When an allowance comes back.
  public var resetsAt: WallTime?
  /// The provider's own word on whether to try again (`x-should-retry`).
  public var retryHint: Bool?
  /// Tokens that were spent nevertheless.
  public var usage: TokenUsage?
  /// True if words of the answer had come, so that somebody may have seen them.
  public var hasVisibleOutput: Bool

  /// An error of a kind.
  public init(
    kind: Kind, message: String, status: Int? = nil, code: String? = nil, requestID: String? = nil,
    retryAfter: Duration? = nil, resetsAt: WallTime? = nil, retryHint: Bool? = nil, usage: TokenUsage? = nil,
    hasVisibleOutput: Bool = false
  ) {
    self.kind = kind
    self.message = message.utf8.count <= 2000 ? message : String(message.prefix(1999)) + "…"
    self.status = status
    self.code = code
    self.requestID = requestID
    self.retryAfter = retryAfter
    self.resetsAt = resetsAt
    self.retryHint = retryHint
    self.usage = usage
    self.hasVisibleOutput = hasVisibleOutput
  }

  /// True if the same request may succeed a little later. The provider's own word wins, except where money is missing: there
  /// no waiting of ours helps.
  public var isRetryable: Bool {
    switch kind {
    case .billing, .spendLimit, .quota: false
    default: retryHint ?? kind.isRetryable
    }
  }

  /// True if another model or provider may do what this one did not.
  public var mayHelpElsewhere: Bool { kind != .badRequest || retryHint == true }
}

extension ProviderError {
  /// Takes a key out of all that the provider said.
  mutating func redact(_ key: String?) {
    let key = ASCIIText.trimmed(key ?? "")
    guard key.utf8.count >= 4 else { return }
    message = message.replacing(key, with: "[redacted]")
    code = code?.replacing(key, with: "[redacted]")
    requestID = requestID?.replacing(key, with: "[redacted]")
  }
}

extension ProviderError.Kind {
  /// True for what passes by itself.
  public var isRetryable: Bool {
    switch self {
    case .rateLimited, .overloaded, .server, .timeout, .unreachable, .truncated, .malformed, .emptyResult: true
    case .authentication, .permission, .billing, .spendLimit, .quota, .contextTooLong, .requestTooLarge, .badRequest,
      .notFound, .contentFilter, .refusal, .tooLong:
      false
    }
  }

  /// True for what shuts the gate: every other call of the provider and key would hear the same.
  public var shutsGate: Bool {
    switch self {
    case .rateLimited, .overloaded, .quota, .billing, .spendLimit, .authentication: true
    default: false
    }
  }

  /// What it means, in words that begin a sentence.
  public var words: String {
    switch self {
    case .rateLimited: "the provider's rate limit is reached"
    case .overloaded: "the provider is overloaded"
    case .server: "the provider failed"
    case .timeout: "the provider did not answer in time"
    case .unreachable: "the provider cannot be reached"
    case .authentication: "the provider does not accept the key"
    case .permission: "the key may not do this"
    case .billing: "the account has no credit"
    case .spendLimit: "the account's spending limit is reached"
    case .quota: "the account's quota is used up"
    case .contextTooLong: "the conversation is longer than the model's window"
    case .requestTooLarge: "the request is larger than the provider takes"
    case .badRequest: "the provider refuses the request"
    case .notFound: "the provider knows no such model or route"
    case .contentFilter: "a content filter stopped the answer"
    case .refusal: "the model refused to answer"
    case .truncated: "the answer broke off before its end"
    case .malformed: "the answer is not in the provider's format"
    case .tooLong: "the answer is longer than the limit"
    case .emptyResult: "the answer is empty"
    }
  }
}

extension ProviderError: CustomStringConvertible {
  /// One sentence without its full stop: what it means, the status, and the provider's words.
  public var description: String {
    let place = status.map { " (HTTP \($0))" } ?? ""
    return message.isEmpty || message == kind.words ? kind.words + place : "\(kind.words)\(place): \(message)"
  }
}
