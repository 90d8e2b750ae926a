import WireText

/// Which tool call a piece of a chat answer belongs to.
///
/// By the format a call has an `index`, and its id and name come with its first piece only. Servers were seen that repeat id and
/// name in each piece, that send whole calls in one piece, all with index 0 or without any index, that leave the id out, and
/// that write the arguments as an object. The rules: a piece without an index belongs to the call with its id, else to the last
/// one; a piece with another id *and* a name begins a new call, if the call it would belong to is whole.
struct ChatCalls: Sendable {
  private struct Call {
    var place: Int
    var number: Int
    var id: String
    var index: Int64?
    var hasArguments = false
  }

  private var calls: [Call] = []

  /// Where the calls are among the parts, in order.
  var places: [Int] { calls.map(\.place) }

  mutating func take(_ piece: JSONValue, _ builder: inout ReplyBuilder, _ events: inout [ModelEvent]) {
    let function = piece["function"] ?? piece
    let id = piece["id"]?.string ?? ""
    let name = function["name"]?.string ?? ""
    guard !id.isEmpty || !name.isEmpty || !(function["arguments"]?.isNull ?? true) else { return }
    let index = piece["index"]?.integer
    let found =
      find(index: index, id: id, name: name, builder)
      ?? begin(index: index, id: id, name: name, &builder, &events)
    let arguments = ChatCalls.text(function["arguments"])
    if !arguments.isEmpty {
      calls[found].hasArguments = true
      builder.append(arguments: arguments, to: calls[found].place, call: calls[found].number, &events)
    }
  }

  private static func text(_ arguments: JSONValue?) -> String {
    switch arguments {
    case .string(let text): text
    case .object(let object): JSONValue.object(object).description
    default: ""
    }
  }

  /// The call that the piece goes on with; nil if it begins one.
  private mutating func find(index: Int64?, id: String, name: String, _ builder: ReplyBuilder) -> Int? {
    let candidate: Int? =
      if let index {
        calls.lastIndex { $0.index == index }
      } else {
        (id.isEmpty ? nil : calls.lastIndex { $0.id == id }) ?? calls.indices.last
      }
    guard let candidate else { return nil }
    if !id.isEmpty, id == calls[candidate].id { return candidate }
    if !name.isEmpty, !id.isEmpty || index == nil, isWhole(candidate, builder) { return nil }
    return candidate
  }

  private func isWhole(_ call: Int, _ builder: ReplyBuilder) -> Bool {
    guard calls[call].hasArguments, let whole = builder.call(at: calls[call].place) else { return true }
    return (try? whole.input()) != nil
  }

  private mutating func begin(
    index: Int64?, id: String, name: String, _ builder: inout ReplyBuilder, _ events: inout [ModelEvent]
  ) -> Int {
    let known = id.isEmpty ? builder.inventedID() : id
    let (place, number) = builder.beginCall(id: known, name: name, &events)
    calls.append(Call(place: place, number: number, id: known, index: index))
    return calls.count - 1
  }
}
