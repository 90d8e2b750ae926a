import Models

/// How many tokens a request has, guessed from its bytes and corrected by what providers counted.
struct TokenMeter: Hashable, Sendable {
  /// Tokens for each byte; two fifths until somebody has counted.
  private(set) var rate = 0.4
  private var askedBytes = 0

  mutating func asked(bytes: Int) { askedBytes = bytes }

  /// Takes in what a provider counted for the last request.
  mutating func counted(prompt: Int) {
    // A count of nothing is that of a server that counts nothing, and small requests are mostly what the server adds.
    guard prompt > 0, askedBytes > 2000 else { return }
    rate = min(max(Double(prompt) / Double(askedBytes), 0.15), 0.8)
  }

  /// The tokens of so many bytes, with a little more for safety.
  func tokens(bytes: Int) -> Int { Int(Double(max(bytes, 0)) * rate * 1.05) + 16 }

  /// The bytes that so many tokens are at least.
  func bytes(tokens: Int) -> Int { Int(Double(max(tokens - 16, 0)) / (rate * 1.05)) }
}
