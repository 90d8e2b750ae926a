/// How long a provider asks its callers to wait, read from the headers of its answer.
enum RetryAfter {
  /// Longer waits are cut to this, so that no header can stop us for years.
  static let longest = Duration.seconds(35 * 86_400)

  /// `retry-after-ms`, then `Retry-After` (seconds, a fraction of them, or a date: RFC 9110, 10.2.3), then the resets of limits
  /// that are used up. Nil when none of them says anything.
  static func wait(_ headers: HTTPHeaders, now: WallTime) -> Duration? {
    if let text = headers["retry-after-ms"], let wait = seconds(text) { return bounded(wait / 1000) }
    if let text = headers["retry-after"] {
      if let wait = seconds(text) { return bounded(wait) }
      if let date = HTTPDate.parse(text) { return bounded(date.since(now)) }
    }
    return resets(headers, now: now).max().map(bounded)
  }

  private static func bounded(_ wait: Duration) -> Duration { min(max(wait, .zero), longest) }

  /// Digits with at most one point.
  private static func seconds(_ text: String) -> Duration? {
    let pieces = text.split(separator: ".", omittingEmptySubsequences: false)
    guard pieces.count <= 2, let whole = pieces.first.flatMap({ ASCIIText.digits($0) }) else { return nil }
    guard pieces.count == 2 else { return .seconds(whole) }
    let fraction = pieces[1].prefix(9)
    guard var nanoseconds = ASCIIText.digits(fraction) else { return nil }
    for _ in fraction.utf8.count..<9 { nanoseconds *= 10 }
    return .seconds(whole) + .nanoseconds(nanoseconds)
  }

  /// Anthropic: `anthropic-ratelimit-<what>-remaining` and `-reset` (RFC 3339). OpenAI and Groq: `x-ratelimit-remaining-<what>`
  /// and `x-ratelimit-reset-<what>` (`6m0s`, `20ms`). OpenRouter: `x-ratelimit-reset` (milliseconds since 1970).
  private static func resets(_ headers: HTTPHeaders, now: WallTime) -> [Duration] {
    var waits: [Duration] = []
    for what in ["requests", "tokens", "input-tokens", "output-tokens"] {
      if headers["anthropic-ratelimit-\(what)-remaining"] == "0",
        let date = headers["anthropic-ratelimit-\(what)-reset"].flatMap(HTTPDate.parseRFC3339)
      {
        waits.append(date.since(now))
      }
      if headers["x-ratelimit-remaining-\(what)"] == "0",
        let wait = headers["x-ratelimit-reset-\(what)"].flatMap(goDuration)
      {
        waits.append(wait)
      }
    }
    if headers["x-ratelimit-remaining"] == "0",
      let moment = headers["x-ratelimit-reset"].flatMap({ ASCIIText.digits($0) })
    {
      waits.append(WallTime(milliseconds: Int64(moment > 100_000_000_000 ? moment : moment * 1000)).since(now))
    }
    return waits
  }

  /// `1h2m3.5s`, `250ms`, as Go writes them.
  static func goDuration(_ text: String) -> Duration? {
    var total = Duration.zero
    var rest = Substring(text)
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      guard let amount = seconds(String(number)) else { return nil }
      rest = rest.dropFirst(number.count)
      let unit = rest.prefix { $0.isASCII && $0.isLetter }
      switch unit {
      case "h": total += amount * 3600
      case "m": total += amount * 60
      case "s": total += amount
      case "ms": total += amount / 1000
      case "us", "ns": break
      default: return nil
      }
      rest = rest.dropFirst(unit.count)
    }
    return total
  }
}
