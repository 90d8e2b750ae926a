import Models
import Testing

@Suite struct HTTPHeadersTests {
  @Test func namesAreComparedWithoutCase() {
    var headers: HTTPHeaders = ["Content-Type": "text/plain", "Set-Cookie": "a=1", "set-cookie": "b=2"]
    #expect(headers["content-type"] == "text/plain")
    #expect(headers.all("SET-COOKIE") == [Array("a=1".utf8), Array("b=2".utf8)])
    headers["SET-cookie"] = "c=3"
    #expect(headers.all("set-cookie") == [Array("c=3".utf8)])
    headers["content-type"] = nil
    #expect(headers.fields.count == 1)
  }

  @Test func onlyLettersOfASCIIFold() {
    let headers: HTTPHeaders = ["X-\u{212A}": "kelvin"]
    #expect(headers["X-k"] == nil)
  }
}
