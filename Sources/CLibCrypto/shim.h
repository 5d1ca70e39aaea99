#pragma once
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

// Macros that Swift does not import.
enum { libcrypto_public_key = EVP_PKEY_PUBLIC_KEY, libcrypto_keypair = EVP_PKEY_KEYPAIR };
