import Jobs
import Models
import WireText

/// How costs look to people and programs. Pure: sums in, harmless text out.
struct CostView {
  let palette: Palette

  /// The table of `agentscript costs`, with the total below it.
  func table(_ sums: [CostSum], total: JobUsage, by key: CostKey, columns: Int?) -> [String] {
    let rows = sums.map { ($0.name.isEmpty ? "-" : TerminalText.line($0.name), $0.usage) } + [("total", total)]
    let numbers = rows.map { _, usage in
      [
        Self.grouped(usage.calls), Self.grouped(usage.inputTokens + usage.cacheWriteTokens),
        Self.grouped(usage.cacheReadTokens), Self.grouped(usage.outputTokens), Self.money(usage),
      ]
    }
    let headings = ["CALLS", "INPUT", "CACHED", "OUTPUT", "COST"]
    let widths = headings.indices.map { column in
      max(headings[column].count, numbers.map { $0[column].count }.max() ?? 0)
    }
    func right(_ text: String, _ column: Int) -> String {
      String(repeating: " ", count: max(0, widths[column] - text.count)) + text
    }
    var table = TextTable(
      headings: [key.rawValue.uppercased()] + headings.indices.map { right(headings[$0], $0) })
    let palette = palette
    for (place, row) in rows.enumerated() {
      let isTotal = place == rows.count - 1
      table.add(
        ([row.0] + numbers[place].indices.map { right(numbers[place][$0], $0) }).map { text in
          .init(text: text) { isTotal ? palette.bold($0) : $0 }
        })
    }
    return table.lines(columns: columns, palette: palette)
  }

  /// Dollars; `?` where nobody knows a price, and behind sums that lack one.
  static func money(_ usage: JobUsage) -> String {
    guard let cost = usage.cost, let money = Money(dollars: cost) else { return usage.calls > 0 ? "?" : "-" }
    return money.description + (usage.unpricedCalls > 0 ? "?" : "")
  }

  /// The sentence for calls whose price nobody knows.
  static func unpriced(_ usage: JobUsage) -> String {
    usage.unpricedCalls == 1
      ? "nobody here knows the price of one call" : "nobody here knows the price of \(usage.unpricedCalls) calls"
  }

  /// One line on what a job took.
  static func line(_ usage: JobUsage) -> String {
    let calls = usage.calls == 1 ? "1 call" : "\(grouped(usage.calls)) calls"
    return "\(calls), \(grouped(usage.totalTokens)) tokens, \(money(usage))"
  }

  /// A number with a blank between thousands.
  private static func grouped(_ number: Int) -> String {
    let digits = String(number)
    var text = ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.count - place) % 3 == 0 { text += " " }
      text.append(digit)
    }
    return text
  }

  /// The sums as one JSON object.
  static func json(_ sums: [CostSum], total: JobUsage, by key: CostKey) -> String {
    let rows = sums.map { sum in
      "    {\"\(key.rawValue)\": \(JSONWriter.quoted(sum.name)), \"jobs\": \(sum.jobs), \"usage\": \(sum.usage.json())}"
    }
    let list = rows.isEmpty ? "[]" : "[\n" + rows.joined(separator: ",\n") + "\n  ]"
    return """
      {
        "by": \(JSONWriter.quoted(key.rawValue)),
        "costs": \(list),
        "total": \(total.json())
      }
      """
  }
}
