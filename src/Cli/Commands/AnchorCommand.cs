using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using DigitalTwin.Cli.Anchoring;
using DigitalTwin.Cli.Auditing;
using DigitalTwin.Ledger.Ethereum.Anchoring;
using DigitalTwin.Ledger.Ethereum.Nodes;
using DigitalTwin.Ledger.Ethereum.Transactions;

namespace DigitalTwin.Cli.Commands;

/// <summary><c>dtwin anchor</c>: final checkpoints on a chain that the coordinator does not keep.</summary>
internal static class AnchorCommand
{
    public static Command Create() => new("anchor", "Anchor a ledger's final checkpoints on an Ethereum chain.")
    {
        Key(),
        Deploy(),
        Check(),
        Submit(),
        Status(),
        Verify(),
    };

    private static Command Key()
    {
        Option<string> file = new("--out") { Description = "New file of the key.", HelpName = "FILE", Required = true };
        Option<string?> passphrase = Passphrase();
        Option<bool> json = SharedOptions.Json();
        Command command = new("key", "Make the key of an account; the file is its owner's alone.")
        {
            file, passphrase, json,
        };
        command.Run((parsed, _) =>
        {
            using EthereumKey key = EthereumKey.Generate();
            string path = parsed.GetRequiredValue(file);
            key.Save(path, parsed.GetValue(passphrase) is { } of ? File.ReadAllText(of).TrimEnd('\r', '\n') : null);
            Print(
                parsed.GetValue(json),
                new JsonObject { ["account"] = key.Address.ToString(), ["file"] = path },
                [$"account {key.Address}, key in {path}"]);
            return Task.FromResult(ExitCodes.Complete);
        });
        return command;
    }

    private static Command Deploy()
    {
        Option<string> artefacts = Required("--artefacts", "DIR", "Folder that compile.mjs --out filled.");
        Option<string> rpc = Required("--rpc", "URL", "JSON-RPC of a node, http:// or https://.");
        Option<string> key = Required("--key", "FILE", "Key of the account that deploys, and anchors afterwards.");
        Option<string> settings = Required("--out", "FILE", "Settings file to write, anchor.json.");
        Option<string[]> hospitals = new("--hospital")
        {
            Description = "A founding hospital: name=0x…, or name=0x…=key id of its records. Repeat it.",
            HelpName = "MEMBER",
            Required = true,
        };
        Option<string> anchor = new("--anchor")
        {
            Description = "Name of the member whose key it is.",
            HelpName = "NAME",
            DefaultValueFactory = _ => "coordinator",
        };
        Option<FeePolicy> fee = new("--fee") { Description = "How gas is paid: Zero, Fixed or Node." };
        Option<long> most = new("--max-fee") { Description = "Most wei for a unit of gas.", HelpName = "WEI" };
        Option<string?> passphrase = Passphrase();
        Option<bool> json = SharedOptions.Json();
        Command command = new("deploy", "Make the member registry and the checkpoint anchor, and pin what was made.")
        {
            artefacts, rpc, key, settings, hospitals, anchor, fee, most, passphrase, json,
        };
        Run(command, async (parsed, http, cancellationToken) =>
        {
            SetupRequest request = new(
                parsed.GetRequiredValue(artefacts),
                new Uri(parsed.GetRequiredValue(rpc)),
                parsed.GetRequiredValue(key),
                parsed.GetValue(passphrase),
                parsed.GetValue(fee),
                parsed.GetValue(most),
                parsed.GetRequiredValue(hospitals),
                parsed.GetRequiredValue(anchor),
                parsed.GetRequiredValue(settings));
            AnchorSettings made =
                await ContractSetup.RunAsync(request, http, TimeProvider.System, cancellationToken);
            Print(
                parsed.GetValue(json),
                JsonNode.Parse(made.ToJson())!,
                [$"contract {made.Contract} on chain {made.ChainId}, settings in {request.Settings}"]);
            return ExitCodes.Complete;
        });
        return command;
    }

    private static Command Check()
    {
        Option<string> settings = Settings();
        Option<bool> json = SharedOptions.Json();
        Command command = new("check", "Hold every node against the pins: chain, genesis block, code of the contract.")
        {
            settings, json,
        };
        Run(command, async (parsed, http, cancellationToken) =>
        {
            AnchorSettings read = AnchorSettings.Load(parsed.GetRequiredValue(settings));
            using EthereumKey key = read.LoadKey();
            PinnedChain chain =
                await PinnedChain.ConnectAsync(read, http, TimeProvider.System, cancellationToken);
            BlockHead head = await chain.Nodes[0].HeadAsync(cancellationToken);
            Print(
                parsed.GetValue(json),
                new JsonObject
                {
                    ["chainId"] = read.ChainId,
                    ["network"] = chain.NetworkVersion,
                    ["block"] = head.Number,
                    ["account"] = key.Address.ToString(),
                    ["nodes"] = chain.Nodes.Count,
                },
                [string.Create(
                    CultureInfo.InvariantCulture,
                    $"{chain.Nodes.Count} node(s), chain {read.ChainId}, block {head.Number}, account {key.Address}")]);
            return ExitCodes.Complete;
        });
        return command;
    }

    private static Command Submit()
    {
        Argument<string> ledger = new("dir") { Description = "A copy or a mirror of a ledger folder." };
        Option<string> settings = Settings();
        Option<string> state = SharedOptions.State("the anchor");
        Option<bool> follow = new("--follow") { Description = "Go on, and anchor what becomes final later." };
        Option<bool> json = SharedOptions.Json();
        Command command = new("submit", "Anchor the final checkpoints of a ledger, each once, whatever is interrupted.")
        {
            ledger, settings, state, follow, json,
        };
        Run(command, async (parsed, http, cancellationToken) =>
        {
            string folder = parsed.GetRequiredValue(ledger);
            AuditReport.RequireLedger(folder);
            AnchorSettings read = AnchorSettings.Load(parsed.GetRequiredValue(settings));
            AnchorSubmission submission = new(
                folder, new AnchorFolder(parsed.GetRequiredValue(state)), read, http, TimeProvider.System);
            return await submission.RunAsync(
                parsed.GetValue(follow), step => Tell(step, parsed.GetValue(json)), cancellationToken);
        });
        return command;
    }

    private static Command Status()
    {
        Option<string> state = SharedOptions.State("the anchor");
        Option<bool> json = SharedOptions.Json();
        Command command = new("status", "What waits, what is on its way and what is anchored; asks nobody.")
        {
            state, json,
        };
        Run(command, (parsed, _, _) =>
        {
            string folder = parsed.GetRequiredValue(state);
            if (!Directory.Exists(folder))
            {
                throw new CommandException(ExitCodes.Usage, $"{folder} does not exist; name the anchor's own folder.");
            }

            AnchorFolder anchors = new(folder);
            TransactionRecord[] open =
                [.. anchors.Transactions().Where(one => one.State == TransactionState.Open)];
            Print(
                parsed.GetValue(json),
                new JsonObject
                {
                    ["queued"] = new JsonArray([.. anchors.Queue().Select(ToJson)]),
                    ["open"] = new JsonArray([.. open.Select(one => (JsonNode)one.Hash)]),
                    ["anchored"] = new JsonArray([.. anchors.Anchored().Select(ToJson)]),
                },
                [
                    .. anchors.Queue().Select(one => $"waits     {one.Origin}, {one.Size} records"),
                    .. open.Select(one => $"open      {one.Hash} of nonce {one.Nonce}"),
                    .. anchors.Anchored().Select(one =>
                        $"anchored  {one.Purpose.Origin}, {one.Purpose.Size} records, block {one.Block}"),
                ]);
            return Task.FromResult(ExitCodes.Complete);
        });
        return command;
    }

    private static Command Verify()
    {
        Argument<string> ledger = new("dir") { Description = "A plain copy of a ledger folder." };
        Option<string> settings = Settings();
        Option<bool> json = SharedOptions.Json();
        Command command = new("verify", "Ask the nodes whether a ledger's final checkpoints are anchored.")
        {
            ledger, settings, json,
        };
        Run(command, async (parsed, http, cancellationToken) =>
        {
            string folder = parsed.GetRequiredValue(ledger);
            AuditReport.RequireLedger(folder);
            AnchorSettings read = AnchorSettings.Load(parsed.GetRequiredValue(settings));
            PinnedChain chain =
                await PinnedChain.ConnectAsync(read, http, TimeProvider.System, cancellationToken);
            BlockHead head = await chain.Nodes[0].HeadAsync(cancellationToken);
            IReadOnlyList<LogAnchor> logs =
                await new LedgerAnchors(folder).AskAsync(chain.Contract, read.FromBlock, cancellationToken);
            List<LogAnchor> judged = [];
            foreach (LogAnchor log in logs)
            {
                string? missing = log.Anchored is { } found
                    ? await chain.MissingAsync(found.Block, found.BlockHash, head.Number, cancellationToken)
                    : null;
                judged.Add(log with { Finding = log.Finding ?? missing });
            }

            bool passed = judged.TrueForAll(log => log.Finding is null);
            Print(
                parsed.GetValue(json),
                new JsonObject
                {
                    ["passed"] = passed,
                    ["logs"] = new JsonArray([.. judged.Select(ToJson)]),
                },
                [.. judged.Select(Line), passed ? "ANCHORED" : "NOT ANCHORED"]);
            return passed ? ExitCodes.Complete : ExitCodes.NotVerified;
        });
        return command;
    }

    private static void Run(
        Command command, Func<ParseResult, HttpClient, CancellationToken, Task<int>> action) =>
        command.Run(async (parsed, cancellationToken) =>
        {
            using HttpClient http = JsonRpcClient.CreateHttp();
            try
            {
                return await action(parsed, http, cancellationToken);
            }
            catch (ChainDistrustException distrust)
            {
                throw new CommandException(ExitCodes.NotVerified, distrust.Message);
            }
            catch (RpcErrorException refusal)
            {
                throw new CommandException(ExitCodes.Refused, refusal.Message);
            }
            catch (FormatException malformed)
            {
                throw new CommandException(ExitCodes.Usage, malformed.Message);
            }
        });

    private static Option<string> Settings() => Required("--settings", "FILE", "The file anchor.json of the anchor.");

    private static Option<string> Required(string name, string help, string description) => new(name)
    {
        Description = description,
        HelpName = help,
        Required = true,
    };

    private static Option<string?> Passphrase() => new("--passphrase-file")
    {
        Description = "File of the passphrase that encrypts the key; without it the key is in plain.",
        HelpName = "FILE",
    };

    private static void Tell(AnchorStep step, bool json)
    {
        if (json)
        {
            Console.WriteLine(new JsonObject
            {
                ["outcome"] = step.Outcome.ToString(),
                ["sentence"] = step.Sentence,
                ["anchored"] = step.Anchored is { } anchored ? ToJson(anchored) : null,
            }.ToJsonString());
        }
        else
        {
            (step.IsAlarm ? Console.Error : Console.Out).WriteLine($"{step.Outcome}: {step.Sentence}");
        }
    }

    private static void Print(bool json, JsonNode document, IEnumerable<string> lines)
    {
        foreach (string line in json ? [document.ToJsonString()] : lines)
        {
            Console.WriteLine(line);
        }
    }

    private static string Line(LogAnchor log) => log.Anchored is { } anchored
        ? $"{log.Log,-14} {anchored.Purpose.Size} of {log.FinalSize} final records in block {anchored.Block}"
            + (log.Finding is null ? "" : $": {log.Finding}")
        : $"{log.Log,-14} {log.Finding}";

    private static JsonNode ToJson(LogAnchor log) => new JsonObject
    {
        ["log"] = log.Log,
        ["finalSize"] = log.FinalSize,
        ["anchored"] = log.Anchored is { } anchored ? ToJson(anchored) : null,
        ["finding"] = log.Finding,
    };

    private static JsonNode ToJson(AnchorPurpose purpose) => new JsonObject
    {
        ["origin"] = purpose.Origin,
        ["size"] = purpose.Size,
        ["root"] = purpose.Root,
    };

    private static JsonNode ToJson(AnchoredCheckpoint anchored)
    {
        JsonNode node = ToJson(anchored.Purpose);
        node["transaction"] = anchored.Transaction;
        node["block"] = anchored.Block;
        node["blockHash"] = anchored.BlockHash;
        return node;
    }
}
