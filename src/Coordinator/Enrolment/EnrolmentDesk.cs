using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using DigitalTwin.Coordinator.Ledgers;
using DigitalTwin.Coordinator.Members;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Coordinator.Enrolment;

/// <summary>What a node asks for when it enrols; all keys were made by the node.</summary>
internal sealed record EnrolmentRequest(
    byte[] TokenSecret,
    byte[] SigningRequest,
    byte[] RecordKey,
    byte[] RecordKeyProof,
    string WitnessKey,
    byte[] WitnessKeyProof);

/// <summary>Trades a token for a certificate and records the new member.</summary>
internal sealed class EnrolmentDesk(
    ConsortiumLedger ledger, TokenStore tokens, CertificateAuthority authority)
{
    /// <summary>Admits the owner of a token.</summary>
    /// <returns>The member with its certificate, or null with the reason.</returns>
    public (TokenRecord Member, X509Certificate2 Certificate)? Admit(EnrolmentRequest request, out string refusal)
    {
        NoteVerifierKey? witness;
        try
        {
            witness = CheckProofs(request);
        }
        catch (Exception problem) when (problem is CryptographicException or FormatException)
        {
            refusal = $"The request does not prove possession of its keys: {problem.Message}";
            return null;
        }

        string keyId = RecordKey.KeyIdOf(request.RecordKey);
        lock (ledger.Gate)
        {
            if (tokens.Spend(request.TokenSecret, keyId, out refusal) is not { } token)
            {
                return null;
            }

            if (token.Role == Role.Hospital && witness?.Name != token.Member)
            {
                refusal = $"A hospital needs a witness key of its own name, {token.Member}.";
                return null;
            }

            Member? known = ledger.Members.Find(token.Member);
            if (known is { IsActive: false })
            {
                refusal = $"{token.Member} is {known.Status.ToString().ToLowerInvariant()} by a vote of the hospitals.";
                return null;
            }

            if (known is not null && !known.IdentityKey.AsSpan().SequenceEqual(request.RecordKey))
            {
                refusal = $"{token.Member} is a member already, with another key.";
                return null;
            }

            X509Certificate2 certificate;
            try
            {
                certificate = authority.IssueMember(request.SigningRequest, token.Member);
            }
            catch (CryptographicException problem)
            {
                refusal = $"The signing request can't be certified: {problem.Message}";
                return null;
            }

            if (known is null && !ledger.TryAppendOwn(Admission(token, request, witness, certificate), out refusal))
            {
                certificate.Dispose();
                return null;
            }

            return (token, certificate);
        }
    }

    private static NoteVerifierKey? CheckProofs(EnrolmentRequest request)
    {
        if (!RecordKey.Verify(request.RecordKey, request.SigningRequest, request.RecordKeyProof))
        {
            throw new CryptographicException("the record key did not sign the request.");
        }

        if (request.WitnessKey.Length == 0)
        {
            return null;
        }

        NoteVerifierKey witness = NoteVerifierKey.Parse(request.WitnessKey);
        return Ed25519.Verify(witness.PublicKey, request.SigningRequest, request.WitnessKeyProof)
            ? witness
            : throw new CryptographicException("the witness key did not sign the request.");
    }

    private Draft Admission(
        TokenRecord token, EnrolmentRequest request, NoteVerifierKey? witness, X509Certificate2 certificate)
    {
        JsonObject fields = new()
        {
            ["certificate"] = Convert.ToHexStringLower(SHA256.HashData(certificate.RawDataMemory.Span)),
            ["certificateExpires"] = PredicateReader.Format(certificate.NotAfter.ToUniversalTime()),
            ["identityKey"] = Convert.ToHexStringLower(request.RecordKey),
            ["member"] = token.Member,
            ["memberRole"] = token.Role.ToString().ToLowerInvariant(),
            ["tlsKey"] = MemberInterceptor.PinOf(certificate),
        };
        if (witness is not null)
        {
            fields["witnessKey"] = witness.ToString();
        }

        Proposal? voted = ledger.Members.Carried().FirstOrDefault(proposal =>
            proposal.Action == ProposalAction.Admit && proposal.Member == token.Member);
        if (voted is not null)
        {
            fields["proposal"] = voted.Id;
        }

        return new Draft(RecordCatalogue.MemberAdmitted, fields);
    }
}
