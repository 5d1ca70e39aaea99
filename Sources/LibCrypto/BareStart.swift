import CLibCrypto

/// Has libcrypto start without what a program that names its algorithms itself does without: openssl.cnf,
/// which could also load other people's code into it; the tables of names of ciphers and hash functions;
/// the texts of errors. Nor does it free each of its blocks at the process's end, with which all of them go.
/// Call it before anything else of libcrypto's; it holds for the whole process, libraries that use libcrypto too.
package func startBareLibCrypto() {
  let left =
    OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_ADD_ALL_DIGESTS
    | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS | OPENSSL_INIT_NO_ATEXIT
  // Where it fails, so does the first use.
  _ = OPENSSL_init_crypto(UInt64(left), nil)
}
