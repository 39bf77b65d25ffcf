using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Ethereum.Anchoring;
using DigitalTwin.Ledger.Ethereum.Encoding;
using DigitalTwin.Ledger.Ethereum.Nodes;
using DigitalTwin.Ledger.Ethereum.Transactions;
using DigitalTwin.TestKit;

namespace DigitalTwin.Interop.Tests.Ethereum;

// Goal: whatever the chain does, nothing counts as anchored that is not, and nothing is anchored twice. Method: a real
// node that restarts, reorganises, stands still or serves another chain; and between it and the client a hand that
// changes one answer at a time.
public sealed class ChainFaultTests(EthereumPackages packages, SolidityCompiler compiler)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_that_restarts_in_the_middle_is_waited_for()
    {
        await packages.SkipUnlessInstalledAsync(Token);
        using TemporaryFolder folder = new();
        string chain = folder["chain.json"];
        await using AnchoredNetwork kept = await AnchoredNetwork.StartAsync(
            () => DevelopmentNode.StartAnvilAsync(["--state", chain], Token), compiler, Token);
        using AnchorClient client = await kept.OpenAsync(Token);
        kept.State.Enqueue(AnchoredNetwork.Checkpoint(3));
        kept.State.Enqueue(AnchoredNetwork.Checkpoint(9));
        await AnchoredNetwork.RunUntilAsync(client, AnchorOutcome.Anchored, Token);

        await kept.Node.StopAsync(Token);
        await Assert.ThrowsAsync<RpcUnavailableException>(() => client.AdvanceAsync(Token));
        Assert.Single(kept.State.Queue());
        kept.MoveTo(await DevelopmentNode.StartAnvilAsync(["--state", chain], Token, kept.Node.Address.Port));
        AnchorStep step = await AnchoredNetwork.RunUntilAsync(client, AnchorOutcome.Anchored, Token);

        Assert.Equal(9, step.Anchored!.Purpose.Size);
        Assert.Empty(kept.State.Queue());
        Assert.Equal(2ul, await kept.Node.Node.NonceAsync(kept.Account, Token));
    }

    [Fact]
    public async Task A_reorganisation_makes_an_anchor_pending_and_the_same_transaction_is_sent_again()
    {
        await using AnchoredNetwork network = await StartAsync();
        using AnchorClient client = await network.OpenAsync(Token);
        foreach (long size in new long[] { 4, 8 })
        {
            network.State.Enqueue(AnchoredNetwork.Checkpoint(size));
            await AnchoredNetwork.RunUntilAsync(client, AnchorOutcome.Anchored, Token);
        }

        string[] before = [.. network.State.Transactions().Select(one => one.RawTransaction)];
        await network.Node.DoAsync("anvil_reorg", Token, 2, new JsonArray());
        Assert.Empty(await network.AnchoredSizesAsync(Token));
        AnchorStep step = await client.AdvanceAsync(Token);

        Assert.NotEqual(AnchorOutcome.Idle, step.Outcome);
        for (int pass = 0; pass < 20 && step.Outcome != AnchorOutcome.Idle; pass++)
        {
            step = await client.AdvanceAsync(Token);
        }

        Assert.Equal((long[])[4L, 8], await network.AnchoredSizesAsync(Token));
        Assert.Equal(before, network.State.Transactions().Select(one => one.RawTransaction));
        Assert.Equal(2, network.State.Anchored().Count);
        Assert.Empty(network.State.Queue());
    }

    [Fact]
    public async Task An_anchor_counts_only_when_enough_blocks_follow()
    {
        await using AnchoredNetwork network = await StartAsync();
        network.Change(settings => settings with { Confirmations = 2 });
        using AnchorClient client = await network.OpenAsync(Token);
        network.State.Enqueue(AnchoredNetwork.Checkpoint(4));
        Assert.Equal(AnchorOutcome.Sent, (await client.AdvanceAsync(Token)).Outcome);

        Assert.Contains("0 of 2 confirmations", (await UntilMinedAsync(client)).Sentence);
        await network.Node.DoAsync("evm_mine", Token);
        Assert.Contains("1 of 2 confirmations", (await client.AdvanceAsync(Token)).Sentence);
        Assert.Empty(network.State.Anchored());
        await network.Node.DoAsync("evm_mine", Token);
        Assert.Equal(AnchorOutcome.Anchored, (await client.AdvanceAsync(Token)).Outcome);
    }

    [Fact]
    public async Task A_transaction_that_no_block_takes_is_an_alarm_after_three_block_periods()
    {
        await using AnchoredNetwork network = await StartAsync();
        await network.Node.DoAsync("evm_setAutomine", Token, false);
        ManualTime time = new(DateTimeOffset.UnixEpoch);
        using AnchorClient client = await network.OpenAsync(Token, time: time);
        network.State.Enqueue(AnchoredNetwork.Checkpoint(4));

        Assert.Equal(AnchorOutcome.Sent, (await client.AdvanceAsync(Token)).Outcome);
        time.Advance(3 * network.Settings.BlockPeriod);
        Assert.Equal(AnchorOutcome.Waiting, (await client.AdvanceAsync(Token)).Outcome);
        time.Advance(TimeSpan.FromSeconds(1));
        AnchorStep stuck = await client.AdvanceAsync(Token);
        Assert.Equal(AnchorOutcome.Stuck, stuck.Outcome);
        Assert.True(stuck.IsAlarm);
        Assert.Single(network.State.Transactions());

        await network.Node.DoAsync("evm_mine", Token);
        Assert.Equal(AnchorOutcome.Anchored, (await client.AdvanceAsync(Token)).Outcome);
        Assert.Equal((long[])[4L], await network.AnchoredSizesAsync(Token));
    }

    [Fact]
    public async Task A_member_that_was_voted_out_anchors_nothing_and_its_queue_waits()
    {
        await using AnchoredNetwork network = await StartAsync();
        using AnchorClient client = await network.OpenAsync(Token);
        network.State.Enqueue(AnchoredNetwork.Checkpoint(4));
        RegistryUser hospital = new(network, network.Hospital);
        await hospital.SendAsync(RegistryUser.Propose(RegistryUser.Suspend, network.Account), Token);
        await hospital.SendAsync(RegistryUser.Vote(0), Token);

        AnchorStep blocked = await client.AdvanceAsync(Token);
        Assert.Equal(AnchorOutcome.Blocked, blocked.Outcome);
        Assert.Single(network.State.Queue());
        Assert.Empty(network.State.Transactions());

        await hospital.SendAsync(RegistryUser.Propose(RegistryUser.Reinstate, network.Account), Token);
        await hospital.SendAsync(RegistryUser.Vote(1), Token);
        await AnchoredNetwork.RunUntilAsync(client, AnchorOutcome.Anchored, Token);
    }

    [Fact]
    public async Task Another_root_of_an_anchored_size_is_recorded_as_a_fork()
    {
        await using AnchoredNetwork network = await StartAsync();
        using AnchorClient client = await network.OpenAsync(Token);
        network.State.Enqueue(AnchoredNetwork.Checkpoint(4));
        await AnchoredNetwork.RunUntilAsync(client, AnchorOutcome.Anchored, Token);

        // A folder that was lost and a log that was rewritten: the chain remembers.
        Directory.Delete(network["anchoring"], recursive: true);
        network.State.Enqueue(AnchoredNetwork.Checkpoint(4, "rewritten"));
        AnchorStep step = await AnchoredNetwork.RunUntilAsync(client, AnchorOutcome.Forked, Token);

        Assert.True(step.IsAlarm);
        Assert.Equal((long[])[4L], await network.AnchoredSizesAsync(Token));
        Assert.Empty(network.State.Queue());
    }

    [Fact]
    public async Task A_smaller_checkpoint_than_the_anchored_one_is_not_sent()
    {
        await using AnchoredNetwork network = await StartAsync();
        using AnchorClient client = await network.OpenAsync(Token);
        network.State.Enqueue(AnchoredNetwork.Checkpoint(9));
        await AnchoredNetwork.RunUntilAsync(client, AnchorOutcome.Anchored, Token);
        network.State.Enqueue(AnchoredNetwork.Checkpoint(4));

        Assert.Equal(AnchorOutcome.Superseded, (await client.AdvanceAsync(Token)).Outcome);
        Assert.Equal(1ul, await network.Node.Node.NonceAsync(network.Account, Token));
    }

    [Fact]
    public async Task A_second_anchor_with_the_same_key_does_not_start()
    {
        await using AnchoredNetwork network = await StartAsync();
        using AnchorClient first = await network.OpenAsync(Token);

        await Assert.ThrowsAsync<AnchorKeyLockedException>(() => network.OpenAsync(Token));
    }

    [Fact]
    public async Task A_stranger_who_uses_the_key_elsewhere_is_noticed_and_the_checkpoint_still_anchored_once()
    {
        await using AnchoredNetwork network = await StartAsync();
        await network.Node.DoAsync("evm_setAutomine", Token, false);
        using AnchorClient client = await network.OpenAsync(Token);
        network.State.Enqueue(AnchoredNetwork.Checkpoint(4));
        Assert.Equal(AnchorOutcome.Sent, (await client.AdvanceAsync(Token)).Outcome);

        // Our transaction leaves the pool, and another of the same nonce is mined.
        await network.Node.DoAsync("anvil_dropAllTransactions", Token);
        using (EthereumKey copy = EthereumKey.Load(network.Settings.KeyFile, null))
        {
            await network.Node.Node.SendAsync(Transfer(copy, nonce: 0), Token);
        }

        await network.Node.DoAsync("evm_mine", Token);
        await network.Node.DoAsync("evm_setAutomine", Token, true);
        AnchorStep replaced = await client.AdvanceAsync(Token);
        Assert.Equal(AnchorOutcome.Blocked, replaced.Outcome);
        Assert.Contains("took its nonce", replaced.Sentence);

        await AnchoredNetwork.RunUntilAsync(client, AnchorOutcome.Anchored, Token);
        Assert.Equal((long[])[4L], await network.AnchoredSizesAsync(Token));
    }

    [Theory]
    [InlineData("chainId", "on chain")]
    [InlineData("genesisHash", "another network")]
    [InlineData("codeHash", "shows code")]
    public async Task Another_chain_than_the_pinned_one_is_refused_at_the_start(string pin, string because)
    {
        await using AnchoredNetwork network = await StartAsync();
        string other = "0x" + new string('7', 64);
        AnchorSettings settings = pin switch
        {
            "chainId" => network.Settings with { ChainId = 1338 },
            "genesisHash" => network.Settings with { GenesisHash = other },
            _ => network.Settings with { CodeHash = other },
        };

        ChainDistrustException distrust = await Assert.ThrowsAsync<ChainDistrustException>(
            () => network.OpenAsync(Token, settings: settings));

        Assert.Contains(because, distrust.Message);
    }

    [Theory]
    [InlineData("no event")]
    [InlineData("wrong root")]
    [InlineData("another contract's event")]
    [InlineData("another transaction's receipt")]
    public async Task A_lying_node_is_not_believed(string lie)
    {
        await using AnchoredNetwork network = await StartAsync();
        network.State.Enqueue(AnchoredNetwork.Checkpoint(4));
        using LyingHandler liar = new("eth_getTransactionReceipt", receipt => Falsify(receipt, lie));
        using (AnchorClient client = await network.OpenAsync(Token, liar))
        {
            Assert.Equal(AnchorOutcome.Sent, (await client.AdvanceAsync(Token)).Outcome);
            await Assert.ThrowsAsync<ChainDistrustException>(() => UntilMinedAsync(client));
        }

        Assert.Empty(network.State.Anchored());
        Assert.Single(network.State.Queue());

        // An honest node shows that the same transaction was in a block all the while.
        using AnchorClient honest = await network.OpenAsync(Token);
        Assert.Equal(AnchorOutcome.Anchored, (await honest.AdvanceAsync(Token)).Outcome);
        Assert.Single(network.State.Transactions());
    }

    [Fact]
    public async Task A_hash_that_a_node_returns_is_no_acceptance()
    {
        await using AnchoredNetwork network = await StartAsync();
        network.State.Enqueue(AnchoredNetwork.Checkpoint(4));
        using LyingHandler swallowing = new("eth_sendRawTransaction", null, "\"0x" + new string('1', 64) + "\"");
        using (AnchorClient client = await network.OpenAsync(Token, swallowing))
        {
            Assert.Equal(AnchorOutcome.Sent, (await client.AdvanceAsync(Token)).Outcome);
            Assert.Equal(AnchorOutcome.Waiting, (await client.AdvanceAsync(Token)).Outcome);
        }

        Assert.Empty(network.State.Anchored());
        using AnchorClient honest = await network.OpenAsync(Token);
        await AnchoredNetwork.RunUntilAsync(honest, AnchorOutcome.Anchored, Token);
        Assert.Single(network.State.Transactions());
    }

    [Fact]
    public async Task A_block_that_the_second_node_does_not_have_does_not_count()
    {
        await using AnchoredNetwork network = await StartAsync();
        network.Change(settings => settings with { Rpc = [network.Node.Address, new Uri("http://second.invalid/")] });
        network.State.Enqueue(AnchoredNetwork.Checkpoint(4));

        // The second node is the first, seen through a hand that shows other blocks while it is asked to.
        using SecondNodeHandler second = new(network.Node.Address);
        using AnchorClient client = await network.OpenAsync(Token, second);
        second.ShowsOtherBlocks = true;
        Assert.Equal(AnchorOutcome.Sent, (await client.AdvanceAsync(Token)).Outcome);
        AnchorStep waiting = await UntilMinedAsync(client);
        Assert.Equal(AnchorOutcome.Waiting, waiting.Outcome);
        Assert.Contains("second.invalid", waiting.Sentence);

        second.ShowsOtherBlocks = false;
        Assert.Equal(AnchorOutcome.Anchored, (await client.AdvanceAsync(Token)).Outcome);
    }

    private async Task<AnchoredNetwork> StartAsync()
    {
        await packages.SkipUnlessInstalledAsync(Token);
        return await AnchoredNetwork.StartAsync(() => DevelopmentNode.StartAnvilAsync([], Token), compiler, Token);
    }

    private static byte[] Transfer(EthereumKey key, ulong nonce) => new EthereumTransaction
    {
        ChainId = DevelopmentNode.ChainId,
        Nonce = nonce,
        GasLimit = 21_000,
        To = key.Address,
    }.SignedBy(key).Encode();

    // A node that mines at once still answers before it has.
    private static async Task<AnchorStep> UntilMinedAsync(AnchorClient client)
    {
        AnchorStep step = await client.AdvanceAsync(Token);
        for (int tries = 0; step.Sentence.Contains("on its way", StringComparison.Ordinal) && tries < 100; tries++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), Token);
            step = await client.AdvanceAsync(Token);
        }

        return step;
    }

    private static void Falsify(JsonNode receipt, string lie)
    {
        JsonArray logs = receipt["logs"]!.AsArray();
        switch (lie)
        {
            case "no event":
                logs.Clear();
                break;
            case "wrong root":
                string data = logs[0]!["data"]!.GetValue<string>();
                logs[0]!["data"] = data[..^2] + (data[^1] == '0' ? "01" : "00");
                break;
            case "another contract's event":
                logs[0]!["address"] = "0x" + new string('5', 40);
                break;
            default:
                string other = Hex.OfBytes(Keccak256.HashData("other"u8));
                receipt["transactionHash"] = other;
                logs[0]!["transactionHash"] = other;
                break;
        }
    }

    // Passes everything on, and changes the results of one method or answers it itself.
    private sealed class LyingHandler(string method, Action<JsonNode>? falsify, string? result = null)
        : HttpMessageHandler
    {
        private readonly HttpMessageInvoker _wire = new(new SocketsHttpHandler());

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            string body = await request.Content!.ReadAsStringAsync(cancellationToken);
            JsonNode call = JsonNode.Parse(body)!;
            if (call["method"]!.GetValue<string>() != method)
            {
                return await _wire.SendAsync(request, cancellationToken);
            }

            JsonNode answer = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = call["id"]!.DeepClone() };
            if (result is null)
            {
                using HttpResponseMessage honest = await _wire.SendAsync(request, cancellationToken);
                answer = JsonNode.Parse(await honest.Content.ReadAsStringAsync(cancellationToken))!;
                falsify!(answer["result"]!);
            }
            else
            {
                answer["result"] = JsonNode.Parse(result);
            }

            return new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new StringContent(answer.ToJsonString(), Encoding.UTF8, "application/json"),
            };
        }

        protected override void Dispose(bool disposing)
        {
            _wire.Dispose();
            base.Dispose(disposing);
        }
    }

    private sealed class SecondNodeHandler(Uri first) : HttpMessageHandler
    {
        private readonly HttpMessageInvoker _wire = new(new SocketsHttpHandler());

        public bool ShowsOtherBlocks { get; set; }

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            bool isSecond = request.RequestUri!.Host == "second.invalid";
            request.RequestUri = first;
            HttpResponseMessage response = await _wire.SendAsync(request, cancellationToken);
            if (!isSecond || !ShowsOtherBlocks)
            {
                return response;
            }

            JsonNode answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken))!;
            if (answer["result"] is JsonObject block && block.ContainsKey("hash"))
            {
                block["hash"] = "0x" + new string('9', 64);
            }

            response.Content = new StringContent(answer.ToJsonString(), Encoding.UTF8, "application/json");
            return response;
        }

        protected override void Dispose(bool disposing)
        {
            _wire.Dispose();
            base.Dispose(disposing);
        }
    }
}
