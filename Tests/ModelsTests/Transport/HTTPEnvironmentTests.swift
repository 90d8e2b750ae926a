import Models
import Testing

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What the environment says about certificates and proxies counts. The tests change this process's own variables, so they
/// run one after the other.
@Suite(.serialized) struct HTTPEnvironmentTests {
  /// A folder of this test's own, with the certificate of a server.
  private final class Secure {
    let folder: String
    let server: FaultServer

    init() throws {
      var template = Array("/tmp/transport-tests-XXXXXX\0".utf8CString)
      folder = String(cString: try #require(mkdtemp(&template)))
      server = try FaultServer(certificateFolder: folder)
    }

    deinit {
      for name in ["certificate.pem", "key.pem"] { unlink(folder + "/" + name) }
      rmdir(folder)
    }

    func url(_ host: String, _ path: String = "/echo") throws -> String {
      "https://\(host):\(try #require(server.tls))\(path)"
    }
  }

  private static let all = [
    "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
    "ALL_PROXY",
    "no_proxy", "NO_PROXY",
  ]

  /// With these of `all`, and no others.
  private func with<R>(_ variables: [String: String], _ body: () async throws -> R) async throws -> R {
    let before = Self.all.map { name in (name, getenv(name).map { String(cString: $0) }) }
    for name in Self.all { if let value = variables[name] { setenv(name, value, 1) } else { unsetenv(name) } }
    defer {
      for (name, value) in before { if let value { setenv(name, value, 1) } else { unsetenv(name) } }
    }
    return try await body()
  }

  private func failure(_ request: HTTPRequest) async -> HTTPError? {
    await #expect(throws: HTTPError.self) { try await HTTPTransport().send(request) }
  }

  @Test func aCertificateThatNobodyTrustsIsRefused() async throws {
    let secure = try Secure()
    let error = try await with([:]) { await failure(HTTPRequest(url: try secure.url("localhost"))) }
    #expect(error?.code == .tls)
    #expect(error?.description.hasPrefix("there is no secure connection to localhost:") == true)
  }

  @Test(arguments: ["SSL_CERT_FILE", "CURL_CA_BUNDLE"]) func aCertificateOfTheEnvironmentIsTrusted(_ name: String)
    async throws
  {
    let secure = try Secure()
    try await with([name: secure.folder + "/certificate.pem"]) {
      let transport = HTTPTransport()
      for host in ["localhost", "127.0.0.1"] {
        let exchange = try await transport.send(HTTPRequest(url: try secure.url(host)))
        #expect(exchange.head.status == 200)
        #expect(exchange.head.timings.secure > .zero)
        _ = try await exchange.collect()
      }
      // Two names, two connections; then none more.
      for _ in 0..<5 { _ = try await transport.send(HTTPRequest(url: try secure.url("localhost"))).collect() }
      let stats = try await transport.send(HTTPRequest(url: try secure.url("localhost", "/stats"))).collect()
      #expect(String(decoding: stats, as: UTF8.self).contains(#""connections": 2,"#))
    }
  }

  @Test func aCertificateForAnotherNameIsRefused() async throws {
    let secure = try Secure()
    try await with(["SSL_CERT_FILE": secure.folder + "/certificate.pem"]) {
      let error = await failure(HTTPRequest(url: try secure.url("127.0.0.2")))
      #expect(error?.code == .tls || error?.code == .connect)
    }
  }

  @Test func aFileOfCertificatesThatIsNotThereIsSaid() async throws {
    let secure = try Secure()
    try await with(["SSL_CERT_FILE": "/nonexistent/certificates.pem"]) {
      let error = await failure(HTTPRequest(url: try secure.url("localhost")))
      #expect(error?.code == .tls)
      #expect(error?.detail.contains("/nonexistent/certificates.pem") == true)
    }
  }

  @Test func httpsNeverLeadsToHTTP() async throws {
    let secure = try Secure()
    try await with(["SSL_CERT_FILE": secure.folder + "/certificate.pem"]) {
      let url = try secure.url("localhost", "/redirect?to=http://127.0.0.1:\(secure.server.port)/echo")
      let error = await failure(HTTPRequest("GET", url, maxRedirects: 5))
      #expect(error?.code == .redirect)
    }
  }

  @Test func aStreamOverTLSCanBeGivenUp() async throws {
    let secure = try Secure()
    try await with(["SSL_CERT_FILE": secure.folder + "/certificate.pem"]) {
      let transport = HTTPTransport()
      for path in ["/endless", "/one_event"] {
        let exchange = try await transport.send(HTTPRequest(url: try secure.url("localhost", path)))
        var reader = exchange.body.makeAsyncIterator()
        #expect(try await reader.next() != nil)
      }
    }
  }

  @Test func aProxyIsAsked() async throws {
    let server = try FaultServer.shared.get()
    let request = HTTPRequest(url: "http://no-such-host.invalid/echo")
    try await with(["http_proxy": "http://me:canary@127.0.0.1:\(server.port)", "no_proxy": "other.invalid"]) {
      let seen = String(decoding: try await HTTPTransport().send(request).collect(), as: UTF8.self)
      #expect(seen.contains(#""host": "no-such-host.invalid""#))
      #expect(seen.contains("proxy-authorization"))
    }
    try await with(["http_proxy": "http://127.0.0.1:\(server.port)", "no_proxy": "no-such-host.invalid"]) {
      let error = await failure(request)
      #expect(error?.code == .dns)
    }
    try await with(["http_proxy": "http://me:canary@127.0.0.1:1"]) {
      let error = await failure(request)
      #expect(error?.code == .connect)
      #expect(error.map { "\($0)".contains("canary") } == false)
    }
  }
}
