/// Prices by model. They are third-party data of one day: what the user's configuration says goes before them.
public struct PriceTable: Hashable, Sendable {
  /// The day of the built-in prices.
  public static let date = "2026-11-21"

  private var prices: [String: ModelPrice]
  private var own: [String: ModelPrice] = [:]

  /// The built-in prices and the user's own, by `provider/model` or by `model`.
  public init(own: [String: ModelPrice] = [:]) {
    prices = PriceTable.builtIn
    self.own = own
  }

  /// The price of a model; nil if nobody knows it. Asked in this order: the user's `provider/model` and `model`, free for
  /// providers on this machine, the built-in table. There a date at the end of the name and a maker before it do not count
  /// (`anthropic/claude-haiku-4.5`, `claude-haiku-4-5-20251001`).
  public func price(of model: String, provider: ModelProvider) -> ModelPrice? {
    if let price = own["\(provider.name)/\(model)"] ?? own[model] { return price }
    if provider.isLocal { return .free }
    return prices[PriceTable.plain(model)]
  }

  private static func plain(_ model: String) -> String {
    var name = model[...]
    if let slash = name.lastIndex(of: "/") { name = name[slash...].dropFirst() }
    if let colon = name.firstIndex(of: ":") { name = name[..<colon] }
    let pieces = name.split(separator: "-", omittingEmptySubsequences: false)
    if let last = pieces.last, last.utf8.count == 8, ASCIIText.digits(last) != nil { name = name.dropLast(9) }
    return name.contains(".") && name.hasPrefix("claude") ? String(name.map { $0 == "." ? "-" : $0 }) : String(name)
  }

  /// Dollars for a million tokens, from LiteLLM 1.106.2's table and the providers' pages as of `date`.
  private static let builtIn: [String: ModelPrice] = [
    "claude-haiku-5-5": .anthropic(0.10, 0.50, cacheRead: 0.01),
    "claude-haiku-4-5": .anthropic(1, 5, cacheRead: 0.10),
    "claude-sonnet-5-5": .anthropic(2, 10, cacheRead: 0.10),
    "claude-sonnet-4-6": .anthropic(3, 15, cacheRead: 0.30),
    "claude-opus-5-5": .anthropic(4, 20, cacheRead: 0.20),
    "claude-opus-5": .anthropic(5, 25, cacheRead: 0.50),
    "claude-fable-5-1": .anthropic(10, 50, cacheRead: 0.25),
    "gpt-5.6": ModelPrice(input: 4, output: 20),
    "gpt-5.6-terra": ModelPrice(input: 2, output: 12),
    "gpt-5.6-luna": ModelPrice(input: 0.20, output: 1.20),
    "gpt-5-mini": ModelPrice(input: 0.25, output: 2),
  ]
}
