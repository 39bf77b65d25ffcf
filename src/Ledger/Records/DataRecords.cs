using static DigitalTwin.Ledger.Records.FieldKind;
using static DigitalTwin.Ledger.Records.LogKind;
using static DigitalTwin.Ledger.Records.RecordForm;

namespace DigitalTwin.Ledger.Records;

/// <summary>The records of the data log: what was done to data and models, round by round.</summary>
internal static class DataRecords
{
    public static IReadOnlyList<RecordDefinition> All { get; } =
    [
        On(Data, "round-opened", "Opens a round for these hospitals.",
            Study, Round, Attempt, OneOf("purpose", "keys", "standardise", "train", "evaluate"),
            Of("baseModel", Digest), Of("participants", Identifiers), OneOf("protection", "masks", "threshold-he"),
            Of("fewest", Number), Of("words", Number), Of("slotBits", Number), Of("scaleBits", Number),
            Of("deadline", Time), Of("planDigest", Digest),
            OptionalGroup("noise", Of("mechanism", Text), Optional("sigma", DecimalText), Optional("clip", DecimalText),
                Optional("sensitivity", DecimalText)),
            OptionalGroup("spend", Of("epsilonBefore", DecimalText), Of("epsilonAfter", DecimalText),
                Of("delta", DecimalText))),
        On(Data, "round-joined", "Takes part in a round under these round keys.",
            Study, Round, Attempt, Optional("maskKey", PublicKey), Optional("shareKey", PublicKey)),
        On(Data, "round-declined", "Does not take part in a round and says why.",
            Study, Round, Attempt, Of("rule", Text), Of("reason", Text)),
        On(Data, "shares-dealt", "Deals shares of its round secrets, sealed to each holder.",
            Study, Round, Attempt, Of("bundle", Digest), Of("bytes", Number)),
        On(Data, "cohort-fixed", "Fixes who goes on in a round and who is excused.",
            Study, Round, Attempt, OneOf("phase", "sharing", "committing", "uploading"), Of("sites", Identifiers),
            Of("missing", Identifiers), Optional("reason", Text), Optional("decryptors", Identifiers)),
        On(Data, "update-committed", "Commits to the addend it will upload.",
            Study, Round, Attempt, Of("addend", Digest), Of("commitment", Digest), Of("bytes", Number)),
        On(Data, "update-rejected", "Refuses an addend and says why.",
            Study, Round, Attempt, Of("site", Identifier), Of("code", Text), Of("reason", Text)),
        On(Data, "sum-opened", "Gives this hospital's part in opening the sum of the fixed cohort.",
            Study, Round, Attempt, Of("opening", Digest), Of("bytes", Number)),
        On(Data, "round-closed", "Names the addends, what opened their sum, and the next model.",
            Study, Round, Attempt, Nested("addends", Groups, Of("site", Identifier), Of("sha256", Digest)),
            Nested("openings", Groups, Of("site", Identifier), Of("sha256", Digest)),
            Of("sum", Digest), Of("model", Digest), Optional("loss", DecimalText)),
        On(Data, "round-aborted", "Gives up a round and says why.",
            Study, Round, Attempt, Of("missing", Identifiers), Of("reason", Text)),
        On(Data, "sum-attested", "Added the addends itself and found the same sum and model.",
            Study, Round, Attempt, Of("sum", Digest), Of("model", Digest), Of("wireBytes", Number),
            Optional("epsilonBefore", DecimalText), Optional("epsilon", DecimalText), Optional("delta", DecimalText)),
        On(Data, "round-final", "Declares a round final after enough attestations.",
            Study, Round, Attempt, Of("attestations", Number)),
        On(Data, "site-evaluated", "Measured a model on this hospital's data.",
            Study, Of("model", Digest), Nested("metrics", Group, Optional("accuracy", DecimalText),
                Optional("auroc", DecimalText), Optional("brier", DecimalText),
                Optional("calibrationSlope", DecimalText)),
            Of("flags", Texts)),
        On(Data, "model-released", "Releases a model for use.",
            Study, Of("model", Digest), Optional("objective", Text)),

        // On the data log, for it ends a sequence whose every other record lies there: no mirror can see it too early.
        On(Data, "study-closed", "Ends a study with its verdict.",
            Study, OneOf("verdict", "complete", "degraded", "failed"), Of("reason", Text),
            Optional("model", Digest), Of("rounds", Number)),
        On(Data, "snapshot-committed", "Commits to the rows a study trains on, and to who is not among them.",
            Study, Of("snapshot", Number), Of("rows", Root), Of("rowsBucket", Text), Of("contract", Text),
            Of("schema", Digest), Optional("consent", Root), Of("withdrawn", Number), Optional("exclusions", Digest)),
        On(Data, "model-revoked", "Takes a released model out of use.",
            Study, Of("model", Digest), Of("reason", Text)),
        On(Data, "incident", "Reports what went wrong, with the evidence where there is any.",
            OneOf("severity", "low", "high", "critical"), Of("summary", Text), Optional("evidence", Digest)),
        On(Data, "anchored", "Found this head of a log anchored on a chain that the coordinator does not keep.",
            OneOf("log", "authorization", "data"), Of("size", Number), Of("root", Root), Of("chainId", Number),
            Of("contract", Text), Of("transaction", Fingerprint), Of("block", Number), Of("blockHash", Fingerprint)),
    ];
}
