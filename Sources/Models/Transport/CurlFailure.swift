internal import CCurl

#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// What libcurl says of a transfer that failed.
struct CurlFailure {
  let code: Int32
  /// The system's number of the error; 0 for none.
  let systemError: Int32
  /// libcurl's own words; may be empty.
  let message: String

  /// One phrase.
  var phrase: String {
    if systemError != 0, kind == .connect || kind == .connectionLost { return String(cString: strerror(systemError)) }
    return message.isEmpty ? String(cString: ccurl_sentence(code)) : message
  }

  /// The kind of error that this is for the one who asked.
  var kind: HTTPError.Code {
    switch Int(code) {
    case CCURL_URL_MALFORMED: .badURL
    case CCURL_COULDNT_RESOLVE_HOST, CCURL_COULDNT_RESOLVE_PROXY: .dns
    case CCURL_COULDNT_CONNECT, CCURL_PROXY: .connect
    case CCURL_OPERATION_TIMEDOUT: .timeout(.connect)
    case CCURL_SSL_CONNECT_ERROR, CCURL_SSL_ENGINE_NOTFOUND, CCURL_SSL_ENGINE_SETFAILED, CCURL_SSL_CERTPROBLEM,
      CCURL_SSL_CIPHER, CCURL_PEER_FAILED_VERIFICATION, CCURL_SSL_CACERT_BADFILE, CCURL_SSL_ISSUER_ERROR,
      CCURL_SSL_PINNEDPUBKEYNOTMATCH, CCURL_SSL_INVALIDCERTSTATUS, CCURL_SSL_CLIENTCERT:
      .tls
    case CCURL_UNSUPPORTED_PROTOCOL, CCURL_WEIRD_SERVER_REPLY, CCURL_HTTP2, CCURL_BAD_CONTENT_ENCODING, CCURL_HTTP3,
      CCURL_WRITE_ERROR:
      .protocolError
    case CCURL_TOO_LARGE: .tooLarge(.head)
    default: .connectionLost
    }
  }
}
