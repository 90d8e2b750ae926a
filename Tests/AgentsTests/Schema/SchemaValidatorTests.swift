import Agents
import Testing
import WireText

@Suite struct SchemaValidatorTests {
  private func problems(_ schema: String, _ value: String) throws -> [String] {
    SchemaValidator(try JSONReader.read(schema)).problems(in: try JSONReader.read(value))
  }

  @Test(arguments: [
    ("{}", "1"), ("true", "{}"), (#"{"type":"integer"}"#, "3"), (#"{"type":"integer"}"#, "3.0"),
    (#"{"type":["string","null"]}"#, "null"), (#"{"type":"string","nullable":true}"#, "null"),
    (#"{"type":"number"}"#, "1e3"), (#"{"enum":[1,"a",null]}"#, "1.0"),
    (#"{"const":{"a":1,"b":2}}"#, #"{"b":2,"a":1}"#),
    (#"{"type":"object","properties":{"a":{"type":"string"}}}"#, #"{"b":1}"#),
    (#"{"type":"object","additionalProperties":{"type":"integer"}}"#, #"{"b":1}"#),
    (#"{"items":{"type":"integer"}}"#, "[1,2]"),
    (#"{"prefixItems":[{"type":"string"}],"items":{"type":"integer"}}"#, #"["a",1]"#),
    (#"{"items":[{"type":"string"}],"additionalItems":{"type":"integer"}}"#, #"["a",1]"#),
    (#"{"minItems":1,"maxItems":2,"uniqueItems":true}"#, "[1,2]"), (#"{"minLength":2,"maxLength":2}"#, #""äö""#),
    (#"{"minimum":1,"maximum":2}"#, "1"), (#"{"exclusiveMinimum":1,"exclusiveMaximum":2}"#, "1.5"),
    (#"{"multipleOf":0.1}"#, "0.3"), (#"{"anyOf":[{"type":"string"},{"type":"integer"}]}"#, "1"),
    (#"{"oneOf":[{"type":"string"},{"type":"integer"}]}"#, "1"), (#"{"not":{"type":"string"}}"#, "1"),
    (#"{"if":{"type":"string"},"then":{"minLength":2},"else":{"minimum":5}}"#, "6"),
    (##"{"$ref":"#/$defs/n","$defs":{"n":{"type":"integer"}}}"##, "1"),
    (##"{"$ref":"#/definitions/a~1b","definitions":{"a/b":{"type":"integer"}}}"##, "1"),
    (##"{"type":"object","properties":{"next":{"$ref":"#"}}}"##, #"{"next":{"next":{}}}"#),
    (#"{"contains":{"const":2}}"#, "[1,2]"), (#"{"format":"email","pattern":"(?=x)"}"#, #""no""#),
    (#"{"pattern":"^a+$"}"#, #""aaa""#),
    (#"{"patternProperties":{"^x-":{"type":"integer"}},"additionalProperties":false}"#, #"{"x-a":1}"#),
    (#"{"propertyNames":{"maxLength":1}}"#, #"{"a":1}"#), (#"{"type":"wrong"}"#, "1"), ("[]", "1"),
  ])
  func whatFitsHasNoProblem(schema: String, value: String) throws {
    #expect(try problems(schema, value) == [])
  }

  @Test(arguments: [
    ("false", "1", "the value may not be there"),
    (#"{"type":"integer"}"#, "3.5", "the value has to be an integer, and is the number 3.5"),
    (#"{"type":"integer"}"#, #""3""#, #"the value has to be an integer, and is the string "3""#),
    (#"{"type":["string","null"]}"#, "[]", "the value has to be a string or null, and is an array"),
    (#"{"enum":["a","b"]}"#, #""c""#, #"the value has to be one of "a", "b", and is the string "c""#),
    (#"{"const":1}"#, "2", "the value has to be 1, and is the number 2"),
    (#"{"required":["a"]}"#, "{}", "a is missing"),
    (#"{"properties":{"a":{"required":["b"]}}}"#, #"{"a":{}}"#, "a.b is missing"),
    (
      #"{"items":{"properties":{"a":{"type":"string"}}}}"#, #"[{"a":"x"},{"a":1}]"#,
      "[1].a has to be a string, and is the number 1"
    ),
    (
      #"{"properties":{"name":{}},"additionalProperties":false}"#, #"{"nmae":1}"#,
      "nmae is not known; did you mean 'name'?"
    ),
    (#"{"additionalProperties":{"type":"integer"}}"#, #"{"b":"x"}"#, #"b has to be an integer, and is the string "x""#),
    (#"{"minItems":2}"#, "[1]", "the value has 1 elements, and needs 2"),
    (#"{"maxItems":1}"#, "[1,2]", "the value has 2 elements, and may have 1"),
    (#"{"uniqueItems":true}"#, #"[{"a":1,"b":2},{"b":2,"a":1}]"#, "the value has an element twice"),
    (#"{"minLength":3}"#, #""äö""#, "the value has 2 characters, and needs 3"),
    (#"{"minimum":1}"#, "0", "the value has to be at least 1, and is 0"),
    (#"{"exclusiveMaximum":1}"#, "1", "the value has to be less than 1, and is 1"),
    (#"{"multipleOf":2}"#, "3", "the value has to be a multiple of 2, and is 3"),
    (
      #"{"anyOf":[{"type":"string"},{"required":["a"]}]}"#, "{}",
      "the value fits none of 2 alternatives; for the closest one the value has to be a string, and is an object"
    ),
    (
      #"{"oneOf":[{"type":"integer"},{"minimum":0}]}"#, "1",
      "the value fits 2 of the 2 alternatives, of which it has to fit one"
    ),
    (#"{"not":{}}"#, "1", "the value is what it must not be"),
    (#"{"if":{"type":"string"},"then":{"minLength":2}}"#, #""a""#, "the value has 1 characters, and needs 2"),
    (##"{"$ref":"#/$defs/n"}"##, "1", "the value is described by '#/$defs/n', which is not there"),
    (##"{"$ref":"#"}"##, "1", "the value is described by a schema that never ends"),
    (#"{"contains":{"const":2}}"#, "[1]", "the value has no element of the kind that it needs"),
    (#"{"dependentRequired":{"a":["b"]}}"#, #"{"a":1}"#, "b is missing, which a needs"),
    (#"{"pattern":"^a+$"}"#, #""ab""#, "the value has to match the pattern ^a+$"),
    (#"{"patternProperties":{"^x-":{"type":"integer"}}}"#, #"{"x-a":true}"#, "x-a has to be an integer, and is true"),
    (#"{"minProperties":1}"#, "{}", "the value has 0 members, and needs 1"),
  ])
  func whatDoesNotFitIsNamed(schema: String, value: String, problem: String) throws {
    #expect(try problems(schema, value) == [problem])
  }

  @Test func theNumberOfProblemsIsBounded() throws {
    let value = JSONValue.array((0..<1000).map { .integer($0) })
    #expect(SchemaValidator(["items": ["type": "string"]]).problems(in: value).count == 20)
  }

  @Test func alternativesInsideAlternativesEnd() throws {
    let schema = try JSONReader.read(
      ##"{"$defs":{"a":{"anyOf":[{"items":{"$ref":"#/$defs/a"}},{"items":{"$ref":"#/$defs/a"},"minItems":9}]}},"$ref":"#/$defs/a"}"##
    )
    var value: JSONValue = ["x"]
    for _ in 0..<60 { value = .array([value, value.array?.first ?? .null]) }
    _ = SchemaValidator(schema).problems(in: value)
  }
}
