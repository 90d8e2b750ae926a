import WireText

extension TokenUsage {
  /// A count as the wire has it; what is no sane number counts as nothing said.
  private static func count(_ value: JSONValue?) -> Int? {
    guard let number = value?.integer, (0...(1 << 40)).contains(number) else { return nil }
    return Int(number)
  }

  /// Takes Anthropic's counts in: each that is there replaces the one before. `message_delta` has running totals of the
  /// output, and may repeat the others.
  mutating func take(anthropic usage: JSONValue) {
    if let count = TokenUsage.count(usage["input_tokens"]) { input = count }
    if let count = TokenUsage.count(usage["output_tokens"]) { output = count }
    if let count = TokenUsage.count(usage["cache_read_input_tokens"]) { cacheRead = count }
    if let count = TokenUsage.count(usage["cache_creation_input_tokens"]) {
      let long = TokenUsage.count(usage["cache_creation"]?["ephemeral_1h_input_tokens"]) ?? min(cacheWriteLong, count)
      cacheWriteLong = min(long, count)
      cacheWrite = count - cacheWriteLong
    }
    if let details = usage["output_tokens_details"],
      let count = TokenUsage.count(details["thinking_tokens"]) ?? TokenUsage.count(details["reasoning_tokens"])
    {
      reasoning = count
    }
  }

  /// The counts of a chat completion, whose prompt count holds the cached tokens. Nil if the value holds none.
  init?(chat usage: JSONValue) {
    let prompt = TokenUsage.count(usage["prompt_tokens"])
    let completion = TokenUsage.count(usage["completion_tokens"])
    guard prompt != nil || completion != nil else { return nil }
    let details = usage["prompt_tokens_details"]
    let cached = TokenUsage.count(details?["cached_tokens"]) ?? TokenUsage.count(usage["prompt_cache_hit_tokens"]) ?? 0
    let written = TokenUsage.count(details?["cache_write_tokens"]) ?? 0
    let read = min(cached, prompt ?? 0)
    let write = min(written, (prompt ?? 0) - read)
    self.init(
      input: (prompt ?? 0) - read - write, output: completion ?? 0, cacheRead: read, cacheWrite: write,
      reasoning: TokenUsage.count(usage["completion_tokens_details"]?["reasoning_tokens"]) ?? 0)
  }
}
