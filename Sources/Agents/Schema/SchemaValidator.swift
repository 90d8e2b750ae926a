public import WireText

/// Tells what of a JSON value does not fit a JSON Schema.
///
/// Of the drafts 7 to 2020-12 it knows what structured outputs and tools' arguments are described with: `type`, `enum`, `const`,
/// `properties`, `patternProperties`, `required`, `additionalProperties`, `propertyNames`, `minProperties`, `maxProperties`, `dependentRequired`,
/// `items`, `prefixItems`, `contains`, `minItems`, `maxItems`, `uniqueItems`, `minLength`, `maxLength`, `pattern`, `minimum`, `maximum`, `exclusiveMinimum`,
/// `exclusiveMaximum`, `multipleOf`, `allOf`, `anyOf`, `oneOf`, `not`, `if`/`then`/`else`, and `$ref` within the schema. OpenAPI's
/// `nullable` counts. Anything else (`format` too) is taken for fulfilled. A schema that is wrong itself forbids nothing.
public struct SchemaValidator: Sendable, Hashable {
  let root: JSONValue
  /// Problems that are told at most.
  static let mostProblems = 20
  /// References followed and values gone into: a schema may refer to itself.
  static let deepest = 100
  /// Steps of one validation: alternatives inside alternatives multiply.
  static let mostSteps = 200_000

  /// A validator of what a schema describes.
  public init(_ schema: JSONValue) { root = schema }

  /// What does not fit, each as one clause that begins with the place: "items[2].name is missing". Empty if the value fits.
  public func problems(in value: JSONValue) -> [String] {
    var check = SchemaCheck(root: root)
    check.check(value, root, at: "", depth: 0)
    return check.problems
  }
}
