// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/tlscause.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

namespace tapio::transport {

namespace {

/// An alert that the peer sent: it refused us (RFC 8446, section 6).
Cause causeOfAlert(int alert)
{
    switch (alert) {
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_DECRYPT_ERROR: return {"wrong-ca", "The other side refused our certificate: its authority did not issue it."};
    case SSL_AD_CERTIFICATE_EXPIRED: return {"expired", "The other side refused our certificate: it has expired."};
    case SSL_AD_CERTIFICATE_REVOKED: return {"revoked", "The other side refused our certificate: it was revoked."};
    case SSL_AD_BAD_CERTIFICATE: return {"not-yet-valid", "The other side refused our certificate: it is not yet valid, or damaged."};
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
        return {"wrong-purpose", "The other side refused our certificate: it is made for another purpose."};
    case SSL_AD_CERTIFICATE_REQUIRED: return {"no-certificate", "The other side asked for a certificate and got none."};
    case SSL_AD_PROTOCOL_VERSION: return {"tls-version", "The other side does not speak TLS 1.3."};
    case SSL_AD_HANDSHAKE_FAILURE: return {"bad-identity", "The other side refused our identity."};
    default: break;
    }
    const char *text = SSL_alert_desc_string_long(alert);
    return {"garbage", std::string("The other side ended TLS with the alert \"") + text + "\"."};
}

} // namespace

std::optional<Cause> causeOfVerification(long verifyResult)
{
    switch (verifyResult) {
    case X509_V_OK: return std::nullopt;
    case X509_V_ERR_CERT_HAS_EXPIRED: return Cause{"expired", "Its certificate has expired."};
    case X509_V_ERR_CERT_NOT_YET_VALID: return Cause{"not-yet-valid", "Its certificate is not yet valid; compare the clocks."};
    case X509_V_ERR_CERT_REVOKED: return Cause{"revoked", "Its certificate was revoked."};
    case X509_V_ERR_INVALID_PURPOSE: return Cause{"wrong-purpose", "Its certificate is made for another purpose."};
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_HAS_EXPIRED:
        return Cause{"bad-crl", std::string("Our revocation list cannot be used: ") + X509_verify_cert_error_string(verifyResult) + '.'};
    default: break;
    }
    return Cause{"wrong-ca",
                 std::string("Its certificate was not issued by our authority: ") + X509_verify_cert_error_string(verifyResult) + '.'};
}

std::optional<Cause> causeOfOpensslQueue()
{
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (code == 0 || ERR_GET_LIB(code) != ERR_LIB_SSL)
        return std::nullopt;
    const int reason = ERR_GET_REASON(code);
    if (reason >= SSL_AD_REASON_OFFSET)
        return causeOfAlert(reason - SSL_AD_REASON_OFFSET);
    switch (reason) {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return Cause{"no-certificate", "It gave no certificate."};
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW: return Cause{"tls-version", "It does not speak TLS 1.3."};
    case SSL_R_UNEXPECTED_EOF_WHILE_READING: return std::nullopt;
    default: break;
    }
    const char *text = ERR_reason_error_string(code);
    return Cause{"garbage", std::string("Its bytes are not valid TLS: ") + (text != nullptr ? text : "unknown") + '.'};
}

} // namespace tapio::transport
