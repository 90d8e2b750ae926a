import LuaBindings
import Testing

@Suite struct ValueTests {
  @Test func values_SurviveTheRoundTrip() throws {
    let host = try TestHost()
    let table = LuaValue.table(
      LuaTable(array: [1, 2.5, "three", false], fields: [("name", "x"), ("list", .table(LuaTable(array: [1])))]))
    let values: [LuaValue] = [.nil, true, 42, .integer(.min), 0.1, .string([0, 255, 10]), "", table]
    let returned = try host.run("return echo(...)", values)
    #expect(returned.count == values.count)
    #expect(returned.dropLast() == values.dropLast())
    guard case .table(let back) = returned.last else { throw LuaError(message: "no table") }
    #expect(back.array == [1, 2.5, "three", false])
    #expect(back["name"] == "x")
    #expect(back["list"] == .table(LuaTable(array: [1])))
  }

  @Test func integersBeyond2To53_StayExact() throws {
    let host = try TestHost()
    #expect(
      try host.run("return 9007199254740993 + 0, math.mininteger") == [.integer(9_007_199_254_740_993), .integer(.min)])
  }

  @Test func aTableThatContainsItself_IsRefusedWithItsPlace() throws {
    let host = try TestHost()
    #expect(
      try host.run("local t = {} t.t = t; return select(2, pcall(echo, t))").first?.text?.contains("contains itself")
        == true)
    #expect(
      try host.run("local t = {} for _ = 1, 200 do t = {t} end return select(2, pcall(echo, t))").first?.text?.contains(
        "deeper") == true)
  }

  @Test func functions_ComeBackAsThemselves() throws {
    let host = try TestHost()
    #expect(
      try host.run(
        "local f = function() end; return echo(f) == f, echo(print) == print, echo(coroutine.running()) == coroutine.running()"
      ) == [true, true, true])
  }

  @Test func objects_HaveMethodsFieldsCloseAndGc() throws {
    let host = try TestHost()
    let values = try host.run(
      """
      local kept
      do local t <close> = object(5); kept = t end
      local text = tostring(kept) .. "|" .. kept:describe() .. "|" .. kept.color
      local same = kept == object(5)
      kept = nil; collectgarbage(); collectgarbage()
      return text, same, getmetatable(object(1))
      """)
    #expect(values == ["a thing|a thing|field color", true, "thing"])
    #expect(host.events.contains("closed"))
    #expect(host.events.contains("released 5"))
  }

  @Test func codable_RoundTripsThroughLua() throws {
    struct Person: Codable, Equatable {
      var name: String, age: Int?, tags: [String], scores: [String: Double], ok: Bool
    }
    let host = try TestHost()
    let person = Person(name: "é", age: 3, tags: ["a", "b"], scores: ["x": 1.5], ok: true)
    let back = try host.run("local p = ...; p.age = p.age + 1; return p", [LuaEncoder().encode(person)])
    var expected = person
    expected.age = 4
    #expect(try LuaDecoder().decode(Person.self, from: back[0]) == expected)
  }

  @Test func decoding_NamesTheFieldThatIsWrong() throws {
    struct Inner: Codable { var count: Int }
    struct Outer: Codable { var inner: [Inner] }
    let value = LuaValue.table(
      LuaTable(fields: [("inner", .table(LuaTable(array: [.table(LuaTable(fields: [("count", "x")]))])))]))
    let error = #expect(throws: LuaCodingError.self) { try LuaDecoder().decode(Outer.self, from: value) }
    #expect(error?.description == "inner[1].count must be an integer, not a string")
  }
}
