// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/digest.h"

#include <initializer_list>
#include <memory>
#include <new>

#include <openssl/evp.h>

namespace tapio::console {

namespace {

Digest sha256(std::initializer_list<BlobView> parts)
{
    struct Free {
        void operator()(EVP_MD_CTX *context) const { EVP_MD_CTX_free(context); }
    };
    const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
    Digest digest{};
    bool good = context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
    for (const BlobView part : parts)
        good = good && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
    // SHA-256 of bytes in memory fails for no other reason than memory.
    if (!good || EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1)
        throw std::bad_alloc();
    return digest;
}

} // namespace

Digest chunkDigest(BlobView chunk, std::int64_t id, std::uint32_t n)
{
    Blob head;
    ByteWriter writer(head);
    writer.signedVarint(id);
    writer.varint(n);
    return sha256({head, chunk});
}

Digest chainHash(const Digest &previous, const Digest &chunk) { return sha256({previous, chunk}); }

} // namespace tapio::console
