extension ProviderError {
  /// What a failure of the transport means for a call. `usage` and `hasVisibleOutput` are those of the decoder, if the answer
  /// had begun: a connection that breaks then has cut the answer off.
  public init(transport error: HTTPError, answerBegan: Bool, usage: TokenUsage? = nil, hasVisibleOutput: Bool = false) {
    let kind: Kind =
      switch error.code {
      case .badURL, .badRequest: .badRequest
      case .noLibrary, .dns, .connect, .tls, .redirect: .unreachable
      case .timeout: .timeout
      case .tooLarge: .tooLong
      case .protocolError, .unexpectedContent: .malformed
      case .connectionLost, .cancelled: answerBegan ? .truncated : .unreachable
      }
    self.init(kind: kind, message: error.description, usage: usage, hasVisibleOutput: hasVisibleOutput)
    switch error.code {
    case .noLibrary, .cancelled, .redirect: retryHint = false
    default: break
    }
  }
}
