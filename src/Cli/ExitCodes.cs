namespace DigitalTwin.Cli;

/// <summary>What <c>dtwin</c> answers to the shell; listed in docs/exit-codes.md.</summary>
internal static class ExitCodes
{
    /// <summary>All was done; a study ended complete.</summary>
    public const int Complete = 0;

    /// <summary>A defect of the program: please report it.</summary>
    public const int Defect = 1;

    /// <summary>The command line, a study, a policy or a contract is wrong.</summary>
    public const int Usage = 2;

    /// <summary>The study ended with a model, without everyone in every round.</summary>
    public const int Degraded = 3;

    /// <summary>The study ended without a model.</summary>
    public const int Failed = 4;

    /// <summary>A ledger does not verify, or a coordinator was caught.</summary>
    public const int NotVerified = 5;

    /// <summary>
    /// The machine is not ready: a port in use, a folder that can't be written, a missing or expired file.
    /// </summary>
    public const int Environment = 6;

    /// <summary>The coordinator refused.</summary>
    public const int Refused = 7;

    /// <summary>Interrupted by Ctrl-C or a termination signal (128 + SIGINT).</summary>
    public const int Interrupted = 130;

    public static int OfVerdict(string verdict) => verdict switch
    {
        "complete" => Complete,
        "degraded" => Degraded,
        _ => Failed,
    };
}
