import Models
import WireText

/// How a decision about a model looks to people and programs. Pure: harmless text.
struct RouteView {
  let decision: RouteDecision
  /// The time of the decision, on the desk's clock.
  let now: Duration

  /// The model and what follows it, one a line; nothing where there is none.
  var lines: [String] {
    guard let chosen = decision.chosen else { return [] }
    return ([chosen] + decision.fallbacks).map { TerminalText.line($0.name.description) }
  }

  /// The decision in sentences.
  var explanation: [String] { decision.explanation(now: now).map { TerminalText.line($0) } }

  /// The decision as JSON.
  var json: String {
    let models = decision.candidates.map { candidate in
      "    " + Self.object(candidate.model, objection: explanation(of: candidate.model))
    }
    let list = models.isEmpty ? "[]" : "[\n" + models.joined(separator: ",\n") + "\n  ]"
    let chosen = decision.chosen.map { JSONWriter.quoted($0.name.description) } ?? "null"
    let fallbacks = decision.fallbacks.map { JSONWriter.quoted($0.name.description) }.joined(separator: ", ")
    let sentences = decision.explanation(now: now).map { "    " + JSONWriter.quoted($0) }.joined(separator: ",\n")
    return """
      {
        "model": \(chosen),
        "tier": "\(decision.tier.rawValue)",
        "fallbacks": [\(fallbacks)],
        "candidates": \(list),
        "explanation": [
      \(sentences)
        ]
      }
      """
  }

  private func explanation(of model: RoutedModel) -> String? {
    guard decision.candidates.contains(where: { $0.model == model && $0.objection != nil }) else { return nil }
    let name = model.name.description + " "
    return decision.explanation(now: now).first { $0.hasPrefix(name) }.map { String($0.dropFirst(name.count)) }
  }

  private static func object(_ model: RoutedModel, objection: String?) -> String {
    var fields = ["\"model\": \(JSONWriter.quoted(model.name.description))", "\"tier\": \"\(model.tier.rawValue)\""]
    if let price = model.price {
      let million = [("input", price.input), ("output", price.output), ("cache_read", price.cacheRead)]
      let prices = million.map { "\"\($0.0)\": \(($0.1 * 1_000_000).dollars)" }.joined(separator: ", ")
      fields.append("\"price\": {\(prices)}")
    }
    if let window = model.window { fields.append("\"window\": \(window)") }
    if let objection { fields.append("\"objection\": \(JSONWriter.quoted(objection))") }
    return "{\(fields.joined(separator: ", "))}"
  }
}
