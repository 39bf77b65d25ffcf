namespace DigitalTwin.Coordinator;

/// <summary>Where a coordinator keeps what it must not lose.</summary>
public sealed record CoordinatorFolder(string Root)
{
    public string Identity => Path.Combine(Root, "identity");

    public string RootKey => Path.Combine(Identity, "root.key.pem");

    public string RootCertificate => Path.Combine(Identity, "root.cert.pem");

    public string TlsKey => Path.Combine(Identity, "tls.key.pem");

    public string TlsCertificate => Path.Combine(Identity, "tls.cert.pem");

    public string RecordKey => Path.Combine(Identity, "record.key.pem");

    public string AuthorizationLogKey => Path.Combine(Identity, "authorization.log.key");

    public string DataLogKey => Path.Combine(Identity, "data.log.key");

    /// <summary>Single-use enrolment tokens, hashed.</summary>
    public string Tokens => Path.Combine(Root, "tokens");

    /// <summary>Records that a person at the command line wants the coordinator to write.</summary>
    public string Outbox => Path.Combine(Root, "outbox");

    /// <summary>The two logs and the artefacts: all that an auditor needs.</summary>
    public string Ledger => Path.Combine(Root, "ledger");

    public string AuthorizationLog => Path.Combine(Ledger, "authorization");

    public string DataLog => Path.Combine(Ledger, "data");

    public string Artefacts => Path.Combine(Ledger, "blobs");

    /// <summary>Ports of the running coordinator, for tools on the same machine.</summary>
    public string Endpoints => Path.Combine(Root, "endpoints.json");

    /// <summary>Both logs as readers see them; made from the ledger, and makeable again.</summary>
    public string Public => Path.Combine(Root, "public");

    /// <summary>Witnesses outside the consortium, where the operator named some.</summary>
    public string Witnesses => Path.Combine(Root, "witnesses.json");

    /// <summary>Chain, contract and key of the anchor, written by <c>dtwin anchor deploy</c>; without it there is none.
    /// </summary>
    public string AnchorSettings => Path.Combine(Root, "anchor.json");

    /// <summary>Queue and transactions of the anchor.</summary>
    public string Anchoring => Path.Combine(Root, "anchoring");

    public bool IsInitialised => File.Exists(RecordKey) && Directory.Exists(AuthorizationLog);
}
