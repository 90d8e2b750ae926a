import Testing

@testable import Models

@Suite struct MoneyTests {
  @Test func AmountsReadWell() {
    #expect(Money(dollars: 12.3)?.description == "$12.30" && Money(dollars: 0.0042)?.description == "$0.0042")
    #expect(Money.zero.description == "$0.00" && Money(dollars: 0.999999)?.description == "$1.00")
    #expect(Money(dollars: -1.5)?.description == "-$1.50" && Money(picodollars: 1).description == "$0.000000000001")
    #expect(Money(dollars: .nan) == nil && Money(dollars: 1e30) == nil)
  }

  @Test func SumsDoNotOverflow() {
    let most = Money(picodollars: .max)
    #expect(most + most == most && most * 5 == most && Money(picodollars: 7) * -3 == .zero)
  }

  @Test func CostsAreExact() throws {
    let price = try #require(PriceTable().price(of: "claude-haiku-4-5-20251001", provider: .anthropic))
    let usage = TokenUsage(input: 1000, output: 500, cacheRead: 10_000, cacheWrite: 2000, cacheWriteLong: 100)
    // 1000 × 1 + 500 × 5 + 10000 × 0.1 + 2000 × 1.25 + 100 × 2 dollars for a million.
    #expect(price.cost(of: usage) == Money(dollars: 0.0072))
    #expect(price.mostFor(prompt: 1000, answer: 1000) == Money(dollars: 0.007))
  }

  @Test func PricesAreFoundByTheNamesInUse() {
    var table = PriceTable()
    let haiku = table.price(of: "claude-haiku-4-5", provider: .anthropic)
    #expect(haiku != nil && table.price(of: "anthropic/claude-haiku-4.5", provider: .openrouter) == haiku)
    #expect(
      table.price(of: "openai/gpt-5-mini", provider: .openrouter) == table.price(of: "gpt-5-mini", provider: .openai))
    #expect(table.price(of: "gpt-5.6-luna", provider: .openai) != table.price(of: "gpt-5.6", provider: .openai))
    #expect(table.price(of: "nobody-knows", provider: .openai) == nil)
    #expect(table.price(of: "anything", provider: .ollama) == .free)
    table = PriceTable(own: [
      "openai/gpt-5-mini": ModelPrice(input: 9, output: 9), "x": ModelPrice(input: 1, output: 1),
    ])
    #expect(table.price(of: "gpt-5-mini", provider: .openai) == ModelPrice(input: 9, output: 9))
    #expect(table.price(of: "x", provider: .groq) == ModelPrice(input: 1, output: 1))
  }
}
