using System.Text.Json.Nodes;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Federation.Tests.Rounds;

/// <summary>Writes the records of one study one by one, in any order a test likes.</summary>
internal sealed class BookScript
{
    public const string Name = "heart-risk";

    public static readonly string[] Hospitals = ["a", "b", "c", "d"];

    private readonly SimulatedLedger _ledger = new();
    private readonly StudyBook _book = new();
    private int _applied;

    /// <summary>Why the last record was refused; null when it was taken.</summary>
    public string? Refusal { get; private set; }

    public SimulatedLedger Ledger => _ledger;

    public StudyState Study => Book.Find(Name)!;

    public StudyBook Book
    {
        get
        {
            for (; _applied < _ledger.Records.Count; _applied++)
            {
                _book.Apply(_ledger.Records[_applied].Index, _ledger.Records[_applied].Statement);
            }

            return _book;
        }
    }

    public static string Digest(char letter) => new(letter, 64);

    /// <summary>A study that four hospitals take part in, before its first round.</summary>
    public static BookScript Approved() => Hospitals
        .Aggregate(new BookScript().Propose(), (script, site) => script.Accept(site))
        .Approve();

    /// <summary>An approved study whose first round has come to <paramref name="phase"/>.</summary>
    public static BookScript In(RoundPhase phase)
    {
        BookScript script = Approved().Open();
        if (phase == RoundPhase.Aborted)
        {
            return script.Abort("d");
        }

        foreach (string site in phase >= RoundPhase.Sharing ? Hospitals : [])
        {
            script.Join(site);
        }

        foreach (string site in phase >= RoundPhase.Committing ? Hospitals : [])
        {
            script.Deal(site);
        }

        if (phase >= RoundPhase.Committing)
        {
            script.Fix("sharing");
        }

        foreach (string site in phase >= RoundPhase.Uploading ? Hospitals : [])
        {
            script.Commit(site);
        }

        if (phase >= RoundPhase.Opening)
        {
            script.Fix("uploading");
        }

        if (phase >= RoundPhase.Attesting)
        {
            script.OpenSum("a").OpenSum("b").OpenSum("c").Close();
        }

        foreach (string site in phase >= RoundPhase.Final ? Hospitals : [])
        {
            script.Attest(site);
        }

        return phase == RoundPhase.Final ? script.Final() : script;
    }

    public BookScript Propose(string name = Name) => Write("lab", "study-proposed", new()
    {
        ["document"] = Digest('d'),
        ["title"] = "Risk",
        ["study"] = name,
    });

    public BookScript Accept(string site, char document = 'd', string rows = "100-199") =>
        Write(site, "study-accepted", new()
        {
            ["document"] = Digest(document),
            ["rowsBucket"] = rows,
            ["prevalenceBucket"] = "25-50%",
            ["contract"] = Digest('c'),
        });

    public BookScript Decline(string site) => Write(site, "study-declined", new()
    {
        ["document"] = Digest('d'),
        ["rule"] = "models",
        ["reason"] = "No.",
    });

    public BookScript Approve(params string[] sites) => Write("centre", "study-approved", new()
    {
        ["document"] = Digest('d'),
        ["participants"] = Texts(sites.Length == 0 ? Hospitals : sites),
        ["onMissing"] = "degrade",
    });

    public BookScript Open(
        int round = 1, int attempt = 1, char model = '1', char plan = 'd', params string[] sites) =>
        Write("centre", "round-opened", new()
        {
            ["attempt"] = attempt,
            ["baseModel"] = Digest(model),
            ["deadline"] = "2026-01-01T00:00:00.000Z",
            ["fewest"] = 3,
            ["participants"] = Texts(sites.Length == 0 ? Hospitals : sites),
            ["planDigest"] = Digest(plan),
            ["protection"] = "masks",
            ["purpose"] = "train",
            ["round"] = round,
            ["scaleBits"] = 36,
            ["slotBits"] = 64,
            ["words"] = 2,
        });

    public BookScript Join(string site, int round = 1, int attempt = 1)
    {
        using MaskingSecrets secrets = MaskingSecrets.Generate(site);
        return WriteToRound(site, "round-joined", round, attempt, new()
        {
            ["maskKey"] = Convert.ToHexStringLower(secrets.PublicKeys.MaskKey),
            ["shareKey"] = Convert.ToHexStringLower(secrets.PublicKeys.ShareKey),
        });
    }

    public BookScript Deal(string site, int bytes = 100) => WriteToRound(site, "shares-dealt", 1, 1, new()
    {
        ["bundle"] = Digest('b'),
        ["bytes"] = bytes,
    });

    /// <summary>Ends a phase with these sites; by default all of them.</summary>
    public BookScript Fix(string phase, string[]? sites = null, string[]? missing = null)
    {
        JsonObject fields = new()
        {
            ["missing"] = Texts(missing ?? []),
            ["phase"] = phase,
            ["sites"] = Texts(sites ?? Hospitals),
        };
        if (missing is not null)
        {
            fields["reason"] = "d is gone.";
        }

        return WriteToRound("centre", "cohort-fixed", 1, 1, fields);
    }

    public BookScript OpenSum(string site, int bytes = 100) => WriteToRound(site, "sum-opened", 1, 1, new()
    {
        ["opening"] = Digest(site[0]),
        ["bytes"] = bytes,
    });

    public BookScript DeclineRound(string site) => WriteToRound(site, "round-declined", 1, 1, new()
    {
        ["rule"] = "sum",
        ["reason"] = "No.",
    });

    public BookScript Commit(string site, int round = 1, char? addend = null, int bytes = 16) =>
        WriteToRound(site, "update-committed", round, 1, new()
        {
            ["addend"] = Digest(addend ?? site[0]),
            ["commitment"] = Digest('9'),
            ["bytes"] = bytes,
        });

    public BookScript Close(char altered = '\0', char opening = '\0', params string[] sites) =>
        WriteToRound("centre", "round-closed", 1, 1, new()
        {
            ["openings"] = new JsonArray(
        [
            .. Hospitals[..3].Select((site, i) => new JsonObject
            {
                ["site"] = site,
                ["sha256"] = Digest(i == 0 && opening != '\0' ? opening : site[0]),
            }),
        ]),
            ["addends"] = new JsonArray(
        [
            .. (sites.Length == 0 ? Hospitals : sites).Select((site, i) => new JsonObject
            {
                ["site"] = site,
                ["sha256"] = Digest(i == 0 && altered != '\0' ? altered : site[0]),
            }),
        ]),
            ["model"] = Digest('2'),
            ["sum"] = Digest('5'),
        });

    public BookScript Attest(string site, char sum = '5', char model = '2') =>
        WriteToRound(site, "sum-attested", 1, 1, new()
        {
            ["model"] = Digest(model),
            ["sum"] = Digest(sum),
            ["wireBytes"] = 10,
        });

    public BookScript Final() => WriteToRound("centre", "round-final", 1, 1, new() { ["attestations"] = 4 });

    public BookScript Abort(params string[] missing) => WriteToRound("centre", "round-aborted", 1, 1, new()
    {
        ["missing"] = Texts(missing),
        ["reason"] = "d is gone.",
    });

    public BookScript Release(char model = '2') =>
        Write("centre", "model-released", new() { ["model"] = Digest(model) });

    public BookScript Revoke(char model = '2') => Write("centre", "model-revoked", new()
    {
        ["model"] = Digest(model),
        ["reason"] = "A drill.",
    });

    public BookScript Amend(char from = 'd', char to = 'e', string author = "lab") =>
        Write(author, "study-amended", new()
        {
            ["document"] = Digest(from),
            ["amended"] = Digest(to),
            ["reason"] = "A mistake.",
        });

    public BookScript Evaluate(string site) => Write(site, "site-evaluated", new()
    {
        ["model"] = Digest('2'),
        ["metrics"] = new JsonObject { ["accuracy"] = "0.8" },
        ["flags"] = new JsonArray("calibration-undefined"),
    });

    public BookScript Snapshot(string site, int number) => Write(site, "snapshot-committed", new()
    {
        ["snapshot"] = number,
        ["rows"] = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        ["rowsBucket"] = "100-199",
        ["contract"] = "heart-disease/v1",
        ["schema"] = Digest('c'),
        ["withdrawn"] = 0,
    });

    public BookScript End(string verdict = "complete") => Write("centre", "study-closed", new()
    {
        ["reason"] = "Over.",
        ["rounds"] = 1,
        ["verdict"] = verdict,
    });

    private static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode)text)];

    private BookScript WriteToRound(string author, string name, int round, int attempt, JsonObject fields)
    {
        fields["round"] = round;
        fields["attempt"] = attempt;
        return Write(author, name, fields);
    }

    private BookScript Write(string author, string name, JsonObject fields)
    {
        fields["study"] ??= Name;
        _ledger.Append(author, Role.Hospital, new Draft(name, fields), DateTimeOffset.UnixEpoch, out string? refusal);
        Refusal = refusal;
        return this;
    }
}
