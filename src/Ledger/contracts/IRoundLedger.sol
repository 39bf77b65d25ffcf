// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Full mode: every round on the chain. Only digests and commitments come here.
interface IRoundLedger {
    event RoundOpened(bytes32 indexed study, uint64 indexed round, bytes32 planHash, bytes32 baseModel);
    event UpdateCommitted(
        bytes32 indexed roundKey,
        address indexed member,
        bytes32 updateCommitment,
        bytes32 snapshotCommitment,
        uint64 epsilonMicro
    );
    event RoundClosed(bytes32 indexed roundKey, bytes32 updatesRoot, bytes32 aggregate, bytes32 evidence);
    event RoundCosigned(bytes32 indexed roundKey, address indexed member, uint32 count);

    /// @notice The key of a round is keccak256(abi.encode(study, round)).
    function openRound(bytes32 study, uint64 round, bytes32 planHash, bytes32 baseModel) external;

    function commitUpdate(bytes32 roundKey, bytes32 update, bytes32 snapshot, uint64 epsilonMicro) external;

    function closeRound(bytes32 roundKey, bytes32 updatesRoot, bytes32 aggregate, bytes32 evidence) external;

    function cosignRound(bytes32 roundKey, bytes32 aggregate) external;
}
