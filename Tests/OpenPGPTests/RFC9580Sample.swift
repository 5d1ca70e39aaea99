/// RFC 9580's own samples (appendix A), which no program here made.
enum RFC9580Sample {
  /// A.8: `Hello, world!` to A.3's X25519 subkey: PKESK v6, SEIPD v2 with OCB, and a padding packet.
  static let x25519 = """
    -----BEGIN PGP MESSAGE-----

    wV0GIQYSyD8ecG9jCP4VGkF3Q6HwM3kOk+mXhIjR2zeNqZMIhRmHzxjV8bU/gXzO
    WgBM85PMiVi93AZfJfhK9QmxfdNnZBjeo1VDeVZheQHgaVf7yopqR6W1FT6NOrfS
    aQIHAgZhZBZTW+CwcW1g4FKlbExAf56zaw76/prQoN+bAzxpohup69LA7JW/Vp0l
    yZnuSj3hcFj0DfqLTGgr4/u717J+sPWbtQBfgMfG9AOIwwrUBqsFE9zW+f1zdlYo
    bhF30A+IitsxxA==
    -----END PGP MESSAGE-----

    """
  /// A.9, A.10, A.11: the same text to a password, which isn't read here; each session key stands there.
  static let symmetric: [(mode: UInt8, message: String, key: String)] = [
    (
      1,
      """
      -----BEGIN PGP MESSAGE-----

      w0AGHgcBCwMIpa5XnR/F2Cv/aSJPkZmTs1Bvo7WaanPP+MXvxfQcV/tU4cImgV14
      KPX5LEVOtl6+AKtZhsaObnxV0mkCBwEGn/kOOzIZZPOkKRPI3MZhkyUBUifvt+rq
      pJ8EwuZ0F11KPSJu1q/LnKmsEiwUcOEcY9TAqyQcapOK1Iv5mlqZuQu6gyXeYQR1
      QCWKt5Wala0FHdqW6xVDHf719eIlXKeCYVRuM5o=
      -----END PGP MESSAGE-----

      """, "3881bafe985412459b86c36f98cb9a5e"
    ),
    (
      2,
      """
      -----BEGIN PGP MESSAGE-----

      wz8GHQcCCwMIVqKY0vXjZFP/z8xcEWZO2520JZDX3EawckG2EsOBLP/76gDyNHsl
      ZBEj+IeuYNT9YU4IN9gZ02zSaQIHAgYgpmH3MfyaMDK1YjMmAn46XY21dI6+/wsM
      WRDQns3WQf+f04VidYA1vEl1TOG/P/+n2tCjuBBPUTPPQqQQCoPu9MobSAGohGv0
      K82nyM6dZeIS8wHLzZj9yt5pSod61CRzI/boVw==
      -----END PGP MESSAGE-----

      """, "28e79ab82397d3c63de24ac217d7b791"
    ),
    (
      3,
      """
      -----BEGIN PGP MESSAGE-----

      wzwGGgcDCwMI6dOXhbIHAAj/tC58SD70iERXyzcmubPbn/d25fTZpAlS4kRymIUa
      v/91Jt8t1VRBdXmneZ/SaQIHAwb8uUSQvLmLvcnRBsYJAmaUD3LontwhtVlrFXax
      Ae0Pn/xvxtZbv9JNzQeQlm5tHoWjAFN4TLHYtqBpnvEhVaeyrWJYUxtXZR/Xd3kS
      +pXjXZtAIW9ppMJI2yj/QzHxYykHOZ5v+Q==
      -----END PGP MESSAGE-----

      """, "1936fc8568980274bb900d8319360c77"
    ),
  ]
  /// A.3: the certificate, all of version 6.
  static let certificate = """
    -----BEGIN PGP PUBLIC KEY BLOCK-----

    xioGY4d/4xsAAAAg+U2nu0jWCmHlZ3BqZYfQMxmZu52JGggkLq2EVD34laPCsQYf
    GwoAAABCBYJjh3/jAwsJBwUVCg4IDAIWAAKbAwIeCSIhBssYbE8GCaaX5NUt+mxy
    KwwfHifBilZwj2Ul7Ce62azJBScJAgcCAAAAAK0oIBA+LX0ifsDm185Ecds2v8lw
    gyU2kCcUmKfvBXbAf6rhRYWzuQOwEn7E/aLwIwRaLsdry0+VcallHhSu4RN6HWaE
    QsiPlR4zxP/TP7mhfVEe7XWPxtnMUMtf15OyA51YBM4qBmOHf+MZAAAAIIaTJINn
    +eUBXbki+PSAld2nhJh/LVmFsS+60WyvXkQ1wpsGGBsKAAAALAWCY4d/4wKbDCIh
    BssYbE8GCaaX5NUt+mxyKwwfHifBilZwj2Ul7Ce62azJAAAAAAQBIKbpGG2dWTX8
    j+VjFM21J0hqWlEg+bdiojWnKfA5AQpWUWtnNwDEM0g12vYxoWM8Y81W+bHBw805
    I8kWVkXU6vFOi+HWvv/ira7ofJu16NnoUkhclkUrk0mXubZvyl4GBg==
    -----END PGP PUBLIC KEY BLOCK-----

    """
  static let fingerprint = "cb186c4f0609a697e4d52dfa6c722b0c1f1e27c18a56708f6525ec27bad9acc9"
  static let subkeyFingerprint = "12c83f1e706f6308fe151a417743a1f033790e93e9978488d1db378da9930885"
  /// A.4's secret half of the subkey.
  static let secret = "4d600a4f794d44775c57a26e0feefed558e9afffd6ad0d582d57fb2ba2dcedb8"
  static let text = [UInt8]("Hello, world!".utf8)
}
