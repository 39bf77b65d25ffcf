using System.Globalization;
using System.Numerics;
using DigitalTwin.Ledger.Ethereum.Encoding;
using DigitalTwin.Ledger.Ethereum.Nodes;
using DigitalTwin.Ledger.Ethereum.Transactions;

namespace DigitalTwin.Ledger.Ethereum.Anchoring;

/// <summary>A member that a registry is founded with.</summary>
/// <param name="Account">Its account on the chain.</param>
/// <param name="IdHash">SHA-256 of its name in the ledger.</param>
/// <param name="KeyHash">SHA-256 of its record key, the key id of the ledger; zeros where it has none.</param>
/// <param name="Roles">Bits of <see cref="ContractDeployer"/>.</param>
public sealed record FoundingMember(EthereumAddress Account, byte[] IdHash, byte[] KeyHash, int Roles);

/// <summary>A contract that was made and holds the code that it should.</summary>
/// <param name="Address">Where it is.</param>
/// <param name="CodeHash">Keccak-256 of its code.</param>
/// <param name="Block">Height of the block that made it.</param>
/// <param name="GasUsed">Units of gas that it took.</param>
public sealed record DeployedContract(EthereumAddress Address, string CodeHash, long Block, long GasUsed);

/// <summary>Makes the contracts of a consortium on a chain.</summary>
/// <param name="node">The node that is sent to.</param>
/// <param name="key">Key of the account that pays; it has no rights in the contracts afterwards.</param>
/// <param name="fee">How gas is paid.</param>
/// <param name="maxFeePerGas">Most wei for a unit of gas.</param>
/// <param name="time">Clock of the wait for a block.</param>
public sealed class ContractDeployer(
    EthereumNode node, EthereumKey key, FeePolicy fee, BigInteger maxFeePerGas, TimeProvider time)
{
    /// <summary>The role of a hospital: it decides on members, commits updates, cosigns rounds (Roles.sol).</summary>
    public const int Hospital = 1;

    /// <summary>The role of a coordinator: it opens and closes rounds (Roles.sol).</summary>
    public const int Coordinator = 2;

    /// <summary>The role of whoever anchors checkpoints (Roles.sol).</summary>
    public const int Anchor = 4;

    // A dozen blocks of the slowest network that is described here.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>Arguments of the registry's constructor.</summary>
    public static byte[] RegistryArguments(IReadOnlyList<FoundingMember> members)
    {
        ArgumentNullException.ThrowIfNull(members);
        return Abi.Encode(AbiType.ParseList("address[],bytes32[],bytes32[],uint32[]"),
        [
            (object[])[.. members.Select(member => (object)member.Account)],
            (object[])[.. members.Select(member => member.IdHash)],
            (object[])[.. members.Select(member => member.KeyHash)],
            (object[])[.. members.Select(member => (object)new BigInteger(member.Roles))],
        ]);
    }

    /// <summary>Arguments of the constructor of a contract that asks a registry.</summary>
    public static byte[] RegistryReference(EthereumAddress registry) =>
        Abi.Encode(AbiType.ParseList("address"), [registry]);

    /// <summary>Makes a contract and returns once a block holds it with the code of the artefact.</summary>
    /// <exception cref="RpcErrorException">The node refuses, or the constructor would revert.</exception>
    /// <exception cref="RpcUnavailableException">No block holds it after three minutes; it may still come.</exception>
    /// <exception cref="ChainDistrustException">The chain holds other code than was sent.</exception>
    public async Task<DeployedContract> DeployAsync(
        ContractArtefact artefact, byte[] arguments, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(artefact);
        byte[] code = [.. artefact.CreationCode, .. arguments];
        BlockHead head = await node.HeadAsync(cancellationToken);
        ulong nonce = await node.NonceAsync(key.Address, cancellationToken);
        (GasPrice? price, string why) =
            await GasPricing.QuoteAsync(fee, maxFeePerGas, node, head, cancellationToken);
        GasPrice paid = price ?? throw new ChainDistrustException($"{node.Address}: {why}");
        EthereumTransaction transaction = new EthereumTransaction
        {
            Type = paid.Tip is null ? TransactionType.Legacy : TransactionType.DynamicFee,
            ChainId = await node.ChainIdAsync(cancellationToken),
            Nonce = nonce,
            MaxFeePerGas = paid.Max,
            MaxPriorityFeePerGas = paid.Tip ?? BigInteger.Zero,
            GasLimit = await node.GasOfCreationAsync(key.Address, code, cancellationToken),
            Data = code,
        }.SignedBy(key);
        await node.SendAsync(transaction.Encode(), cancellationToken);
        TransactionReceipt receipt = await WaitAsync(Hex.OfBytes(transaction.Hash()), cancellationToken);

        EthereumAddress expected = EthereumAddress.OfContract(key.Address, nonce);
        byte[] deployed = await node.CodeAsync(expected, cancellationToken);
        return receipt.Succeeded && receipt.Contract == expected && artefact.IsCode(deployed)
            ? new DeployedContract(
                expected, Hex.OfBytes(Keccak256.HashData(deployed)), receipt.Block, receipt.GasUsed)
            : throw new ChainDistrustException(
                $"{node.Address} took {artefact.Contract} and shows other code at {expected}.");
    }

    private async Task<TransactionReceipt> WaitAsync(string hash, CancellationToken cancellationToken)
    {
        long began = time.GetTimestamp();
        while (time.GetElapsedTime(began) < Patience)
        {
            if (await node.ReceiptAsync(hash, cancellationToken) is { } receipt)
            {
                return receipt;
            }

            await Task.Delay(PollEvery, time, cancellationToken);
        }

        throw new RpcUnavailableException(string.Create(
            CultureInfo.InvariantCulture, $"{node.Address}: no block holds {hash} after {Patience.TotalMinutes} min."));
    }
}
