/// A place where models are called: which wire it speaks, where it is, which key it wants.
public struct ModelProvider: Hashable, Sendable {
  /// How the key travels.
  public enum Authorization: Hashable, Sendable {
    /// `Authorization: Bearer …`.
    case bearer
    /// `x-api-key: …`, as Anthropic has it.
    case apiKey
  }

  /// Its name in configurations: letters, digits, `-` and `_`.
  public var name: String
  /// The wire that it speaks.
  public var format: WireFormat
  /// What the routes begin with. For Chat Completions it includes `/v1`, for Anthropic it may.
  public var baseURL: String
  /// The environment variable that holds the key.
  public var keyVariable: String?
  /// True if it answers without a key.
  public var isKeyOptional: Bool
  /// How the key travels.
  public var authorization: Authorization
  /// True if it runs on this machine unless somebody said otherwise: it may be probed, and costs nothing.
  public var isLocal: Bool
  /// In what it differs from the rest; of no meaning on Anthropic's wire.
  public var quirks: ChatQuirks
  /// The value of `anthropic-version`.
  public var anthropicVersion: String
  /// Further headers, such as `HTTP-Referer`.
  public var extraHeaders: [String: String]

  /// A provider; without further words one that speaks Chat Completions with a key.
  public init(
    name: String, format: WireFormat = .chat, baseURL: String, keyVariable: String? = nil, isKeyOptional: Bool = false,
    authorization: Authorization = .bearer, isLocal: Bool = false, quirks: ChatQuirks = ChatQuirks(),
    anthropicVersion: String = ModelProvider.currentAnthropicVersion, extraHeaders: [String: String] = [:]
  ) {
    self.name = name
    self.format = format
    self.baseURL = baseURL
    self.keyVariable = keyVariable
    self.isKeyOptional = isKeyOptional
    self.authorization = authorization
    self.isLocal = isLocal
    self.quirks = quirks
    self.anthropicVersion = anthropicVersion
    self.extraHeaders = extraHeaders
  }

  /// The version of Anthropic's API that we speak. `2023-06-01` still works, too.
  public static let currentAnthropicVersion = "2026-10-21"

  /// The route that answers requests: the base with the format's path, whether the base ends in `/v1`, in `/` or in neither.
  public var messagesURL: String {
    switch format {
    case .chat: base + "/chat/completions"
    case .anthropic: base.hasSuffix("/v1") ? base + "/messages" : base + "/v1/messages"
    }
  }

  /// The route that lists the models.
  public var modelsURL: String { (format == .chat || base.hasSuffix("/v1") ? base : base + "/v1") + "/models" }

  /// Where routes begin that are in no version of the format.
  var serverURL: String { base.hasSuffix("/v1") ? String(base.dropLast(3)) : base }

  private var base: String {
    var base = baseURL[...]
    while base.last == "/" { base.removeLast() }
    return String(base)
  }

  /// The HTTP request that asks `request` of this provider. Spaces and line ends around the key are dropped; a key that no header
  /// can carry, and none where one is needed, are errors that name the variable.
  public func wireRequest(_ request: ModelRequest, key: String?) throws(ProviderError) -> WireRequest {
    var headers: HTTPHeaders = ["content-type": "application/json"]
    headers.add("accept", request.isStreaming ? "text/event-stream" : "application/json")
    try add(key, to: &headers)
    let body =
      switch format {
      case .anthropic: AnthropicBody.bytes(request)
      case .chat: ChatBody.bytes(request, quirks)
      }
    return WireRequest(url: messagesURL, headers: headers, body: body)
  }

  /// The headers of a question that is no `ModelRequest`, such as that for the models.
  func headers(key: String?) throws(ProviderError) -> HTTPHeaders {
    var headers: HTTPHeaders = ["accept": "application/json"]
    try add(key, to: &headers)
    return headers
  }

  private func add(_ key: String?, to headers: inout HTTPHeaders) throws(ProviderError) {
    if format == .anthropic { headers.add("anthropic-version", anthropicVersion) }
    for (name, value) in extraHeaders.sorted(by: { $0.key < $1.key }) { headers[name] = value }
    guard let key = try checked(key) else { return }
    switch authorization {
    case .apiKey: headers.add("x-api-key", key)
    case .bearer: headers.add("authorization", "Bearer \(key)")
    }
  }

  private func checked(_ key: String?) throws(ProviderError) -> String? {
    let key = ASCIIText.trimmed(key ?? "")
    let place = keyVariable ?? "its key"
    if key.isEmpty {
      if isKeyOptional { return nil }
      throw ProviderError(kind: .authentication, message: "\(name) needs a key: set \(place)")
    }
    guard key.utf8.allSatisfy({ (0x21..<0x7F).contains($0) }) else {
      throw ProviderError(kind: .authentication, message: "the key in \(place) holds what no header can carry")
    }
    return key
  }
}
