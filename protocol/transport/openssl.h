// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "protocol/base/result.h"

/// OpenSSL's objects as owning pointers, and its error queue as Error. Internal to the transport.
namespace tapio::transport {

template <auto Free> struct OpensslDeleter {
    template <typename T> void operator()(T *object) const noexcept { Free(object); }
};
template <typename T, auto Free> using OpensslPtr = std::unique_ptr<T, OpensslDeleter<Free>>;

using X509Ptr = OpensslPtr<X509, X509_free>;
using X509CrlPtr = OpensslPtr<X509_CRL, X509_CRL_free>;
using KeyPtr = OpensslPtr<EVP_PKEY, EVP_PKEY_free>;
using BioPtr = OpensslPtr<BIO, BIO_free_all>;
using BioMethodPtr = OpensslPtr<BIO_METHOD, BIO_meth_free>;
using SslPtr = OpensslPtr<SSL, SSL_free>;
using SslContextPtr = OpensslPtr<SSL_CTX, SSL_CTX_free>;
using GeneralNamesPtr = OpensslPtr<GENERAL_NAMES, GENERAL_NAMES_free>;

/// The reason of the queue's oldest error ("unsupported protocol"), and empties the queue.
std::string takeOpensslReason();

/// fail() with the queue's oldest reason behind the context.
tl::unexpected<Error> failOpenssl(Errc code, std::string context);

} // namespace tapio::transport
