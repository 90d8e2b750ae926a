/// The members of a JSON object in their order. Names are compared as bytes, never by Unicode's equivalences (for `String`'s
/// `==` the Kelvin sign is a K). Of members with one name the last counts, at the place of the first, as in JavaScript.
public struct JSONObject: Hashable, Sendable {
  /// A name and its value.
  public struct Member: Hashable, Sendable {
    /// The name.
    public let key: String
    /// The value.
    public var value: JSONValue

    /// A name and its value.
    public init(key: String, value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  /// The members, each name once.
  public private(set) var members: [Member]

  /// An object without members.
  public init() { members = [] }

  /// An object of these members; doubled names are put together.
  public init(_ members: [Member]) {
    self.members = members
    let isUnique = members.count <= 8 ? hasUniqueKeysByComparison : hasUniqueKeysByHash
    if !isUnique { unite() }
  }

  /// True if there is no member.
  public var isEmpty: Bool { members.isEmpty }

  /// The value under a name. Setting nil removes the member; a new one goes to the end.
  public subscript(key: String) -> JSONValue? {
    get {
      for member in members where JSONObject.same(member.key, key) { return member.value }
      return nil
    }
    set {
      guard let index = members.firstIndex(where: { JSONObject.same($0.key, key) }) else {
        if let newValue { members.append(Member(key: key, value: newValue)) }
        return
      }
      if let newValue { members[index].value = newValue } else { members.remove(at: index) }
    }
  }

  private static func same(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count && left.utf8.elementsEqual(right.utf8)
  }

  private var hasUniqueKeysByComparison: Bool {
    for index in members.indices.dropFirst() {
      for other in 0..<index where JSONObject.same(members[index].key, members[other].key) { return false }
    }
    return true
  }

  private var hasUniqueKeysByHash: Bool {
    var seen = Set<KeyBytes>(minimumCapacity: members.count)
    return members.allSatisfy { seen.insert(KeyBytes(text: $0.key)).inserted }
  }

  private mutating func unite() {
    var places: [KeyBytes: Int] = [:]
    var united: [Member] = []
    for member in members {
      if let place = places[KeyBytes(text: member.key)] {
        united[place].value = member.value
      } else {
        places[KeyBytes(text: member.key)] = united.count
        united.append(member)
      }
    }
    members = united
  }

  /// A name as its bytes.
  private struct KeyBytes: Hashable {
    let text: String

    static func == (left: KeyBytes, right: KeyBytes) -> Bool { JSONObject.same(left.text, right.text) }

    func hash(into hasher: inout Hasher) { for byte in text.utf8 { hasher.combine(byte) } }
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  /// Members in the order given; of those with one name the last counts.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self.init(elements.map { Member(key: $0.0, value: $0.1) })
  }
}
