import TextPattern
import WireText

/// One validation of one value.
struct SchemaCheck {
  let root: JSONValue
  private(set) var problems: [String] = []
  private var steps = 0

  init(root: JSONValue) { self.root = root }

  mutating func add(_ path: String, _ what: String) {
    guard problems.count < SchemaValidator.mostProblems else { return }
    problems.append((path.isEmpty ? "the value" : path) + " " + what)
  }

  mutating func check(_ value: JSONValue, _ schema: JSONValue, at path: String, depth: Int) {
    steps += 1
    guard steps < SchemaValidator.mostSteps else {
      if steps == SchemaValidator.mostSteps { add("", "is too large, or its schema too intricate, to be checked") }
      return
    }
    if schema.bool == false { return add(path, "may not be there") }
    guard let rules = schema.object else { return }
    guard depth < SchemaValidator.deepest else { return add(path, "is described by a schema that never ends") }
    if value.isNull, rules["nullable"]?.bool == true { return }
    if let reference = rules["$ref"]?.string {
      guard let target = resolve(reference) else {
        return add(path, "is described by '\(reference)', which is not there")
      }
      check(value, target, at: path, depth: depth + 1)
    }
    guard checkType(value, rules, path) else { return }
    checkValues(value, rules, path)
    checkCombinations(value, rules, path, depth)
    switch value {
    case .object(let object): checkObject(object, rules, path, depth)
    case .array(let values): checkArray(values, rules, path, depth)
    case .string(let text): checkText(text, rules, path)
    case .integer, .number: checkNumber(value.double ?? .nan, rules, path)
    case .null, .bool: break
    }
  }

  /// True if the value fits.
  private mutating func fits(_ value: JSONValue, _ schema: JSONValue, depth: Int) -> Bool {
    var inner = SchemaCheck(root: root)
    inner.steps = steps
    inner.check(value, schema, at: "", depth: depth + 1)
    steps = inner.steps
    return inner.problems.isEmpty
  }

  /// `#`, and JSON pointers behind it (RFC 6901).
  private func resolve(_ reference: String) -> JSONValue? {
    guard reference.hasPrefix("#") else { return nil }
    var target = root
    for part in reference.dropFirst().split(separator: "/", omittingEmptySubsequences: true) {
      let name = String(part).replacing("~1", with: "/").replacing("~0", with: "~")
      if let next = target[name] {
        target = next
      } else if let values = target.array, let place = Int(name), values.indices.contains(place) {
        target = values[place]
      } else {
        return nil
      }
    }
    return target
  }

  // MARK: Any value

  private mutating func checkType(_ value: JSONValue, _ rules: JSONObject, _ path: String) -> Bool {
    let names: [String]
    switch rules["type"] {
    case .string(let name): names = [name]
    case .array(let values): names = values.compactMap(\.string)
    default: return true
    }
    guard !names.isEmpty, !names.contains(where: { SchemaCheck.isOf($0, value) }) else { return true }
    add(path, "has to be \(SchemaCheck.listed(names.map(SchemaCheck.named))), and is \(SchemaCheck.kind(value))")
    return false
  }

  private static func isOf(_ type: String, _ value: JSONValue) -> Bool {
    switch (type, value) {
    case ("null", .null), ("boolean", .bool), ("string", .string), ("array", .array), ("object", .object): true
    case ("number", .integer), ("number", .number), ("integer", .integer): true
    case ("integer", .number(let number)): number.double.rounded() == number.double && number.double.isFinite
    case ("null", _), ("boolean", _), ("string", _), ("array", _), ("object", _), ("number", _), ("integer", _): false
    default: true
    }
  }

  private static func named(_ type: String) -> String {
    switch type {
    case "array", "object", "integer": "an " + type
    case "null": type
    default: "a " + type
    }
  }

  private static func kind(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer, .number: "the number \(value)"
    case .string(let text): "the string \(JSONValue.string(String(BoundedText.prefix(text, bytes: 60))))"
    case .array: "an array"
    case .object: "an object"
    }
  }

  private static func listed(_ words: [String]) -> String {
    words.count < 2 ? words.joined() : words.dropLast().joined(separator: ", ") + " or " + words[words.count - 1]
  }

  private mutating func checkValues(_ value: JSONValue, _ rules: JSONObject, _ path: String) {
    if let allowed = rules["enum"]?.array, !allowed.contains(where: { SchemaCheck.isSame($0, value) }) {
      let list = allowed.prefix(12).map(\.description).joined(separator: ", ") + (allowed.count > 12 ? ", …" : "")
      add(path, "has to be one of \(BoundedText.prefix(list, bytes: 400)), and is \(SchemaCheck.kind(value))")
    }
    if let only = rules["const"], !SchemaCheck.isSame(only, value) {
      add(path, "has to be \(BoundedText.prefix(only.description, bytes: 200)), and is \(SchemaCheck.kind(value))")
    }
  }

  /// Equal as JSON Schema has it: 1 is 1.0, and the order of members does not matter.
  static func isSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
    switch (left, right) {
    case (.integer(let left), .integer(let right)): return left == right
    case (.integer, .number), (.number, .integer), (.number, .number): return left.double == right.double
    case (.array(let left), .array(let right)):
      return left.count == right.count && zip(left, right).allSatisfy { isSame($0, $1) }
    case (.object(let left), .object(let right)):
      return left.members.count == right.members.count
        && left.members.allSatisfy { member in right[member.key].map { isSame(member.value, $0) } ?? false }
    // Swift takes texts for equal that differ in their bytes.
    case (.string(let left), .string(let right)): return left.utf8.elementsEqual(right.utf8)
    default: return left == right
    }
  }

  private mutating func checkCombinations(_ value: JSONValue, _ rules: JSONObject, _ path: String, _ depth: Int) {
    for schema in rules["allOf"]?.array ?? [] { check(value, schema, at: path, depth: depth + 1) }
    if let schemas = rules["anyOf"]?.array, !schemas.isEmpty { checkAny(of: schemas, value, path, depth) }
    if let schemas = rules["oneOf"]?.array, !schemas.isEmpty {
      let fitting = schemas.count { fits(value, $0, depth: depth) }
      if fitting == 0 { checkAny(of: schemas, value, path, depth) }
      if fitting > 1 { add(path, "fits \(fitting) of the \(schemas.count) alternatives, of which it has to fit one") }
    }
    if let schema = rules["not"], fits(value, schema, depth: depth) { add(path, "is what it must not be") }
    if let schema = rules["if"] {
      let branch = fits(value, schema, depth: depth) ? rules["then"] : rules["else"]
      if let branch { check(value, branch, at: path, depth: depth + 1) }
    }
  }

  private mutating func checkAny(of schemas: [JSONValue], _ value: JSONValue, _ path: String, _ depth: Int) {
    var closest: [String]?
    for schema in schemas {
      var inner = SchemaCheck(root: root)
      inner.steps = steps
      inner.check(value, schema, at: path, depth: depth + 1)
      steps = inner.steps
      if inner.problems.isEmpty { return }
      if inner.problems.count < closest?.count ?? .max { closest = inner.problems }
    }
    guard let closest, schemas.count > 1 else {
      for problem in closest ?? [] where problems.count < SchemaValidator.mostProblems { problems.append(problem) }
      return
    }
    add(
      path,
      "fits none of \(schemas.count) alternatives; for the closest one \(closest.prefix(2).joined(separator: " and "))")
  }

  // MARK: Objects

  private mutating func checkObject(_ object: JSONObject, _ rules: JSONObject, _ path: String, _ depth: Int) {
    func place(_ name: String) -> String { path.isEmpty ? name : path + "." + name }
    for name in rules["required"]?.array?.compactMap(\.string) ?? [] where object[name] == nil {
      add(place(name), "is missing")
    }
    let known = rules["properties"]?.object ?? JSONObject()
    for member in object.members {
      if let names = rules["propertyNames"], !fits(.string(member.key), names, depth: depth) {
        add(place(member.key), "has a name that is not allowed")
      }
      var isKnown = false
      if let schema = known[member.key] {
        isKnown = true
        check(member.value, schema, at: place(member.key), depth: depth + 1)
      }
      for rule in rules["patternProperties"]?.object?.members ?? [] where SchemaCheck.matches(member.key, rule.key) {
        isKnown = true
        check(member.value, rule.value, at: place(member.key), depth: depth + 1)
      }
      if !isKnown, let others = rules["additionalProperties"] {
        if others.bool == false {
          let nearest = NearestName.of(member.key, among: known.members.map(\.key))
          add(place(member.key), "is not known" + (nearest.map { "; did you mean '\($0)'?" } ?? ""))
        } else {
          check(member.value, others, at: place(member.key), depth: depth + 1)
        }
      }
    }
    let count = object.members.count
    if let least = rules["minProperties"]?.integer, count < least {
      add(path, "has \(count) members, and needs \(least)")
    }
    if let most = rules["maxProperties"]?.integer, count > most {
      add(path, "has \(count) members, and may have \(most)")
    }
    for rule in rules["dependentRequired"]?.object?.members ?? [] where object[rule.key] != nil {
      for name in rule.value.array?.compactMap(\.string) ?? [] where object[name] == nil {
        add(place(name), "is missing, which \(rule.key) needs")
      }
    }
  }

  // MARK: Arrays

  private mutating func checkArray(_ values: [JSONValue], _ rules: JSONObject, _ path: String, _ depth: Int) {
    // Before 2020-12 a list under `items` was what `prefixItems` is now.
    let first = rules["prefixItems"]?.array ?? rules["items"]?.array ?? []
    let rest = rules["prefixItems"] == nil && rules["items"]?.array != nil ? rules["additionalItems"] : rules["items"]
    for (index, value) in values.enumerated() {
      let schema = index < first.count ? first[index] : rest
      if let schema { check(value, schema, at: "\(path)[\(index)]", depth: depth + 1) }
    }
    let count = values.count
    if let least = rules["minItems"]?.integer, count < least { add(path, "has \(count) elements, and needs \(least)") }
    if let most = rules["maxItems"]?.integer, count > most { add(path, "has \(count) elements, and may have \(most)") }
    if let schema = rules["contains"], !values.contains(where: { fits($0, schema, depth: depth) }) {
      add(path, "has no element of the kind that it needs")
    }
    if rules["uniqueItems"]?.bool == true {
      let texts = values.map { CallCounter.canonical($0).description }
      if Set(texts.map { Array($0.utf8) }).count < texts.count { add(path, "has an element twice") }
    }
  }

  // MARK: Texts and numbers

  private mutating func checkText(_ text: String, _ rules: JSONObject, _ path: String) {
    if let pattern = rules["pattern"]?.string, !SchemaCheck.matches(text, pattern) {
      add(path, "has to match the pattern \(BoundedText.prefix(pattern, bytes: 200))")
    }
    guard rules["minLength"] != nil || rules["maxLength"] != nil else { return }
    let count = text.unicodeScalars.count
    if let least = rules["minLength"]?.integer, count < least {
      add(path, "has \(count) characters, and needs \(least)")
    }
    if let most = rules["maxLength"]?.integer, count > most {
      add(path, "has \(count) characters, and may have \(most)")
    }
  }

  /// A pattern that is not understood (one that looks around, say) is taken for one that fits.
  private static func matches(_ text: String, _ pattern: String) -> Bool {
    guard let pattern = try? LinePattern(pattern) else { return true }
    return pattern.matches(text.utf8)
  }

  private mutating func checkNumber(_ number: Double, _ rules: JSONObject, _ path: String) {
    func text(_ number: Double) -> String { JSONValue.double(number).description }
    if let least = rules["minimum"]?.double, number < least {
      add(path, "has to be at least \(text(least)), and is \(text(number))")
    }
    if let most = rules["maximum"]?.double, number > most {
      add(path, "has to be at most \(text(most)), and is \(text(number))")
    }
    if let least = rules["exclusiveMinimum"]?.double, number <= least {
      add(path, "has to be more than \(text(least)), and is \(text(number))")
    }
    if let most = rules["exclusiveMaximum"]?.double, number >= most {
      add(path, "has to be less than \(text(most)), and is \(text(number))")
    }
    if let step = rules["multipleOf"]?.double, step > 0 {
      let times = number / step
      if abs(times - times.rounded()) > 1e-9 {
        add(path, "has to be a multiple of \(text(step)), and is \(text(number))")
      }
    }
  }
}
